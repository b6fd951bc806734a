#include "world/ties.hpp"

#include <algorithm>

namespace arraigo {

void Ties::rebuild(std::vector<Edge> edges, std::uint32_t migrants) {
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  graph_ = Graph(boost::edges_are_sorted, edges.begin(), edges.end(), migrants);
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
