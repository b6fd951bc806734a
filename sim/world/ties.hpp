/// Ties between migrants that carry news of programmes and of jobs: a Boost.Graph compressed-row graph over rows of Migrants,
/// rebuilt each January, plus the ties of those who came since.
#pragma once
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <boost/graph/compressed_sparse_row_graph.hpp>

#include "core/column.hpp"
#include "core/prefetch.hpp"

namespace arraigo {

class Ties {
 public:
  using Graph = boost::compressed_sparse_row_graph<boost::directedS, boost::no_property, boost::no_property, boost::no_property,
                                                   std::uint32_t, std::uint32_t>;
  using Edge = std::pair<std::uint32_t, std::uint32_t>;  ///< rows of Migrants, both directions listed

  Ties() = default;
  /// `edges` need not be sorted; duplicates are kept once.
  void rebuild(std::vector<Edge> const& edges, std::uint32_t migrants);
  /// Ties of somebody who arrived after the last rebuild; rows must come in ascending order. The other side hears back from January on.
  void append(std::uint32_t migrant, std::vector<std::uint32_t> const& contacts);

  /// Row m becomes that of who had row order[m]; to_new says the same by the old row, no_row for who is gone, ties and all. What
  /// was appended becomes mutual.
  void move_rows(std::span<std::uint32_t const> order, Column<std::uint32_t> const& to_new);

  template <class F>
  void for_contacts(std::uint32_t migrant, F&& f) const {
    if (migrant < boost::num_vertices(graph_)) {
      auto const [first, last] = boost::adjacent_vertices(migrant, graph_);
      for (auto other = first; other != last; ++other) f(static_cast<std::uint32_t>(*other));
    } else {
      auto const later = migrant - static_cast<std::uint32_t>(boost::num_vertices(graph_));
      if (later + 1 < late_first_.size())
        for (auto i = late_first_[later]; i < late_first_[later + 1]; ++i) f(late_contacts_[i]);
    }
  }
  /// Asks for what for_contacts(migrant) will read: first where its row begins, then, once that is there, the row's beginning.
  void prefetch_first(std::uint32_t migrant) const {
    if (migrant < settled()) prefetch(graph_.m_forward.m_rowstart.data() + migrant);
  }
  void prefetch_contacts(std::uint32_t migrant) const {
    if (migrant < settled()) prefetch(graph_.m_forward.m_column.data() + graph_.m_forward.m_rowstart[migrant]);
  }
  /// Migrants of the last rebuild: rows from here on came later.
  [[nodiscard]] std::size_t settled() const { return boost::num_vertices(graph_); }
  [[nodiscard]] std::uint32_t contact_count(std::uint32_t migrant) const;
  [[nodiscard]] std::vector<Edge> edges() const;  ///< both directions, sorted
  [[nodiscard]] std::size_t bytes() const;

 private:
  Graph graph_;
  std::vector<std::uint32_t> late_first_{0};
  std::vector<std::uint32_t> late_contacts_;
};

}  // namespace arraigo
