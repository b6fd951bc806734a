#include "world/ties.hpp"

#include <algorithm>
#include <numeric>

#include "core/parallel.hpp"
#include "world/codes.hpp"

namespace arraigo {

namespace {

/// The graph of the ties that migrant m has to targets[start_of[m]] and on, before targets[end_of[m]]: in any order, some perhaps
/// twice.
Ties::Graph graph_of(std::vector<std::uint32_t> const& start_of, std::vector<std::uint32_t> end_of, std::vector<std::uint32_t> targets) {
  auto const migrants = static_cast<std::uint32_t>(end_of.size());
  for_blocks(migrants, [&](std::size_t from, std::size_t to) {
    for (std::size_t m = from; m != to; ++m) {
      auto const first = targets.begin() + start_of[m], last = targets.begin() + end_of[m];
      std::sort(first, last);
      end_of[m] = static_cast<std::uint32_t>(std::unique(first, last) - targets.begin());
    }
  });
  // Its arrays are filled in place, by all threads: the constructor would walk over a copy of all ties.
  Ties::Graph graph;
  auto& rows = graph.m_forward.m_rowstart;
  auto& columns = graph.m_forward.m_column;
  rows.resize(migrants + std::size_t{1});
  for (std::uint32_t m = 0; m < migrants; ++m) rows[m + 1] = rows[m] + (end_of[m] - start_of[m]);
  columns.resize(rows.back());
  for_blocks(migrants, [&](std::size_t from, std::size_t to) {
    for (std::size_t m = from; m != to; ++m) std::copy(targets.begin() + start_of[m], targets.begin() + end_of[m], columns.begin() + rows[m]);
  });
  return graph;
}

}  // namespace

void Ties::rebuild(std::vector<Edge> const& edges, std::uint32_t migrants) {
  std::vector<std::uint32_t> start_of(migrants, 0), targets(edges.size());
  for (auto const& edge : edges) ++start_of[edge.first];
  std::exclusive_scan(start_of.begin(), start_of.end(), start_of.begin(), 0U);
  std::vector<std::uint32_t> end_of(start_of);
  for (auto const& [from, to] : edges) targets[end_of[from]++] = to;
  graph_ = graph_of(start_of, std::move(end_of), std::move(targets));
  late_first_.assign(1, 0);
  late_contacts_.clear();
}

void Ties::move_rows(std::span<std::uint32_t const> order, Column<std::uint32_t> const& to_new) {
  auto const settled_before = static_cast<std::uint32_t>(settled());
  std::size_t const migrants = order.size();
  // Calls f(new row, contact's new row) for the other side of each tie of those who came late.
  auto const for_answers = [&](auto const& f) {
    for (std::uint32_t m = settled_before; m - settled_before + 1 < late_first_.size(); ++m) {
      if (to_new[m] == no_row) continue;
      for_contacts(m, [&](std::uint32_t other) {
        if (to_new[other] != no_row) f(to_new[other], to_new[m]);
      });
    }
  };
  std::vector<std::uint32_t> start_of(migrants);
  for_blocks(migrants, [&](std::size_t from, std::size_t to) {
    for (std::size_t m = from; m != to; ++m) {
      std::uint32_t n = 0;
      for_contacts(order[m], [&](std::uint32_t other) { n += to_new[other] != no_row ? 1 : 0; });
      start_of[m] = n;
    }
  });
  for_answers([&](std::uint32_t from, std::uint32_t) { ++start_of[from]; });
  std::size_t const count = std::accumulate(start_of.begin(), start_of.end(), std::size_t{0});
  std::exclusive_scan(start_of.begin(), start_of.end(), start_of.begin(), 0U);
  std::vector<std::uint32_t> end_of(start_of), targets(count);
  for_blocks(migrants, [&](std::size_t from, std::size_t to) {
    for (std::size_t m = from; m != to; ++m)
      for_contacts(order[m], [&](std::uint32_t other) {
        if (to_new[other] != no_row) targets[end_of[m]++] = to_new[other];
      });
  });
  for_answers([&](std::uint32_t from, std::uint32_t to) { targets[end_of[from]++] = to; });
  graph_ = graph_of(start_of, std::move(end_of), std::move(targets));
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
