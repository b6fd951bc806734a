#include "world/ties.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <numeric>

#include "world/codes.hpp"

namespace arraigo {

namespace {

/// Ties by the row that they start from, as the graph wants to read them: (from, to) in ascending order.
class EdgeIterator {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = Ties::Edge;
  using difference_type = std::ptrdiff_t;
  using pointer = value_type const*;
  using reference = value_type const&;

  EdgeIterator() = default;
  EdgeIterator(std::vector<std::uint32_t> const& end_of, std::vector<std::uint32_t> const& targets, std::uint32_t at) : end_of_(&end_of), targets_(&targets), at_(at) { skip(); }
  reference operator*() const { return edge_; }
  pointer operator->() const { return &edge_; }
  EdgeIterator& operator++() {
    ++at_;
    skip();
    return *this;
  }
  EdgeIterator operator++(int) {
    auto const before = *this;
    ++*this;
    return before;
  }
  bool operator==(EdgeIterator const& other) const { return at_ == other.at_; }

 private:
  void skip() {
    if (at_ == targets_->size()) return;
    while (at_ >= (*end_of_)[edge_.first]) ++edge_.first;
    edge_.second = (*targets_)[at_];
  }
  std::vector<std::uint32_t> const* end_of_ = nullptr;
  std::vector<std::uint32_t> const* targets_ = nullptr;
  std::uint32_t at_ = 0;
  value_type edge_{};
};

/// The graph of the ties that `for_edges(f)` names by calling f(from, to), each any number of times, in any order.
template <class ForEdges>
Ties::Graph graph_of(std::uint32_t migrants, ForEdges const& for_edges) {
  std::vector<std::uint32_t> end_of(migrants, 0);  // first as the start of each one's ties, which placing moves to their end
  std::uint32_t count = 0;
  for_edges([&](std::uint32_t from, std::uint32_t) {
    ++end_of[from];
    ++count;
  });
  std::exclusive_scan(end_of.begin(), end_of.end(), end_of.begin(), 0U);
  std::vector<std::uint32_t> const start_of(end_of);
  std::vector<std::uint32_t> targets(count);
  for_edges([&](std::uint32_t from, std::uint32_t to) { targets[end_of[from]++] = to; });
  std::uint32_t kept = 0;
  for (std::uint32_t m = 0; m < migrants; ++m) {
    auto const first = targets.begin() + start_of[m], last = targets.begin() + end_of[m];
    std::sort(first, last);
    auto const unique = std::unique(first, last);
    std::move(first, unique, targets.begin() + kept);
    end_of[m] = kept += static_cast<std::uint32_t>(unique - first);
  }
  targets.resize(kept);
  return {boost::edges_are_sorted, EdgeIterator(end_of, targets, 0), EdgeIterator(end_of, targets, kept), migrants, kept};
}

}  // namespace

void Ties::rebuild(std::vector<Edge> edges, std::uint32_t migrants) {
  graph_ = graph_of(migrants, [&](auto const& f) {
    for (auto const& [from, to] : edges) f(from, to);
  });
  late_first_.assign(1, 0);
  late_contacts_.clear();
}

void Ties::move_rows(Column<std::uint32_t> const& to_new, std::uint32_t migrants) {
  auto const settled_before = static_cast<std::uint32_t>(settled());
  graph_ = graph_of(migrants, [&](auto const& f) {
    for (std::uint32_t m = 0; m < to_new.size(); ++m) {
      if (to_new[m] == no_row) continue;
      for_contacts(m, [&](std::uint32_t other) {
        if (to_new[other] == no_row) return;
        f(to_new[m], to_new[other]);
        if (m >= settled_before) f(to_new[other], to_new[m]);
      });
    }
  });
  late_first_.assign(1, 0);
  late_contacts_.clear();
}

void Ties::append(std::uint32_t migrant, std::vector<std::uint32_t> const& contacts) {
  auto const later = migrant - static_cast<std::uint32_t>(boost::num_vertices(graph_));
  while (late_first_.size() <= later) late_first_.push_back(static_cast<std::uint32_t>(late_contacts_.size()));
  late_contacts_.insert(late_contacts_.end(), contacts.begin(), contacts.end());
  late_first_.push_back(static_cast<std::uint32_t>(late_contacts_.size()));
}

std::uint32_t Ties::contact_count(std::uint32_t migrant) const {
  if (migrant < boost::num_vertices(graph_)) return static_cast<std::uint32_t>(boost::out_degree(migrant, graph_));
  auto const later = migrant - static_cast<std::uint32_t>(boost::num_vertices(graph_));
  return later + 1 < late_first_.size() ? late_first_[later + 1] - late_first_[later] : 0;
}

std::vector<Ties::Edge> Ties::edges() const {
  std::vector<Edge> all;
  auto const old = static_cast<std::uint32_t>(boost::num_vertices(graph_));
  for (std::uint32_t m = 0; m < old; ++m) for_contacts(m, [&](std::uint32_t other) { all.emplace_back(m, other); });
  for (std::uint32_t later = 0; later + 1 < late_first_.size(); ++later)
    for_contacts(old + later, [&](std::uint32_t other) {
      all.emplace_back(old + later, other);
      all.emplace_back(other, old + later);
    });
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::size_t Ties::bytes() const {
  return (boost::num_vertices(graph_) + boost::num_edges(graph_) + late_first_.capacity() + late_contacts_.capacity()) * 4;
}

}  // namespace arraigo
