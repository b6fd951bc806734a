#include <array>
#include <nlohmann/json.hpp>

#include "analysis/cost.hpp"
#include "analysis/text_output.hpp"
#include "core/numbers.hpp"

namespace arraigo::analysis {
namespace {

std::string title_of(CostPart const& part, Lang lang) { return lang == Lang::es ? part.label_es : part.label_en; }

using Line = std::array<std::string, 4>;

void print_aligned(std::ostream& out, std::vector<Line> const& lines) {
  std::array<std::size_t, 4> widths{};
  for (auto const& line : lines)
    for (std::size_t c = 0; c < line.size(); ++c) widths[c] = std::max(widths[c], display_width(line[c]));
  for (auto const& line : lines) {
    std::string printed;
    for (std::size_t c = 0; c < line.size(); ++c)
      printed += "  " + (c == 0 ? pad_right(line[c], widths[c]) : pad_left(line[c], widths[c]));
    printed.erase(printed.find_last_not_of(' ') + 1);
    out << printed << "\n";
  }
}

void print_wrapped(std::ostream& out, std::string const& text, std::size_t columns, std::string_view indent) {
  std::string_view lead = indent;
  std::string const hanging = std::string(indent) + "  ";
  for (auto const& line : wrapped(text, columns - indent.size() - 2)) {
    out << lead << line << "\n";
    lead = hanging;
  }
}

/// Reasons under the table: a cell has no room for them.
void print_reasons(std::ostream& out, CostReport const& report, Lang lang, std::size_t columns) {
  for (NoRatio const reason : {NoRatio::spans_zero, NoRatio::falls, NoRatio::too_few_pairs}) {
    std::string titles;
    for (auto const& outcome : report.outcomes)
      if (outcome.net.reason == reason) titles += (titles.empty() ? "" : ", ") + words(lang, outcome.title);
    if (!titles.empty())
      print_wrapped(out, words(lang, Message::an_cost_no_ratio, titles, why_none(reason, lang)), columns, "  ");
  }
}

std::string field(double value) { return number_text(value + 0.0); }
std::string field(std::optional<double> value) { return value ? field(*value) : std::string{}; }
std::string low_field(std::optional<Interval> const& interval) { return interval ? field(interval->low) : ""; }
std::string high_field(std::optional<Interval> const& interval) { return interval ? field(interval->high) : ""; }

nlohmann::ordered_json low_json(std::optional<Interval> const& interval) {
  if (!interval) return nullptr;
  return interval->low + 0.0;
}
nlohmann::ordered_json high_json(std::optional<Interval> const& interval) {
  if (!interval) return nullptr;
  return interval->high + 0.0;
}

nlohmann::ordered_json parts_json(std::vector<CostPart> const& parts, char const* name) {
  auto list = nlohmann::ordered_json::array();
  for (auto const& part : parts) {
    auto unit_costs = nlohmann::ordered_json::array();
    for (auto const& cost : part.unit_costs)
      unit_costs.push_back({{"line", cost.line},
                            {"soles", cost.soles},
                            {"low", cost.low},
                            {"high", cost.high},
                            {"per", cost.per},
                            {"payer", cost.payer}});
    nlohmann::ordered_json entry{{name, part.key},
                                 {"soles", part.soles.mean + 0.0},
                                 {"soles_low", low_json(part.soles.interval)},
                                 {"soles_high", high_json(part.soles.interval)}};
    if (std::string_view{name} == "line") entry["unit_costs"] = std::move(unit_costs);
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace

std::string with_interval(PairedDifference const& difference, Lang lang) {
  std::string out = format_number(difference.mean, 0, lang, Sign::always);
  if (difference.interval) out += " " + interval_text(*difference.interval, 0, lang, Sign::always);
  return out;
}

std::string why_none(NoRatio reason, Lang lang) {
  switch (reason) {
    case NoRatio::too_few_pairs:
      return words(lang, Message::an_cost_one_pair);
    case NoRatio::spans_zero:
      return words(lang, Message::an_cost_spans_zero);
    case NoRatio::falls:
      return words(lang, Message::an_cost_falls);
    case NoRatio::none:
      break;
  }
  return {};
}

std::string cost_ratio_text(RatioOfMeans const& ratio, Lang lang) {
  if (!ratio.value) return words(lang, Message::an_no_ratio);
  std::string out = format_number(*ratio.value, 0, lang);
  if (ratio.interval) out += " " + interval_text(*ratio.interval, 0, lang, Sign::when_negative);
  return out;
}

std::string code_of(NoRatio reason) {
  switch (reason) {
    case NoRatio::too_few_pairs:
      return "too_few_replicates";
    case NoRatio::spans_zero:
      return "outcome_interval_spans_zero";
    case NoRatio::falls:
      return "outcome_falls";
    case NoRatio::none:
      break;
  }
  return {};
}

std::string unit_cost_text(UnitCost const& cost, Lang lang) {
  auto const amount = [&](double soles) { return format_number(soles, soles < 10 ? 1 : 0, lang); };
  return words(lang, Message::an_unit_cost, cost.line, amount(cost.soles), lang == Lang::es ? cost.per_es : cost.per, amount(cost.low),
               amount(cost.high));
}

void print_costs(std::ostream& out, std::span<CostReport const> reports, Lang lang, std::size_t columns) {
  bool any = false;
  for (auto const& report : reports) {
    if (!report.net || report.outcomes.empty()) continue;
    any = true;
    out << "\n"
        << words(lang, Message::an_cost_title,
                 lang == Lang::es ? report.alternative.title_es : report.alternative.title_en, report.alternative.stem)
        << "\n";
    std::vector<Line> lines{{words(lang, Message::an_cost_outcome), words(lang, Message::an_cost_additional),
                             words(lang, Message::an_cost_net), words(lang, Message::an_cost_gross)}};
    for (auto const& outcome : report.outcomes)
      lines.push_back({words(lang, outcome.title), with_interval(outcome.additional, lang),
                       cost_ratio_text(outcome.net, lang), cost_ratio_text(outcome.gross, lang)});
    print_aligned(out, lines);
    print_reasons(out, report, lang, columns);
    print_wrapped(out,
                  words(lang, Message::an_cost_sums, report.first_month, report.last_month,
                        with_interval(*report.gross, lang), with_interval(*report.net, lang)) +
                      (report.lines.empty() ? std::string{} : " " + words(lang, Message::an_cost_comes_from)),
                  columns, "  ");
    for (auto const& line : report.lines) {
      std::string assumed;
      for (auto const& cost : line.unit_costs) assumed += (assumed.empty() ? "" : "; ") + unit_cost_text(cost, lang);
      print_wrapped(out,
                    words(lang, assumed.empty() ? Message::an_cost_line_bare : Message::an_cost_line,
                          title_of(line, lang), with_interval(line.soles, lang), assumed),
                    columns, "    ");
    }
    for (auto const& payer : report.payers)
      if (payer.soles.mean != 0)
        print_wrapped(out, words(lang, Message::an_cost_payer, title_of(payer, lang), with_interval(payer.soles, lang)),
                      columns, "    ");
  }
  if (!any) return;
  out << "\n";
  print_wrapped(out, words(lang, Message::an_cost_note), columns, "");
}

void print_costs_csv(std::ostream& out, std::span<CostReport const> reports) {
  out << "scenario,outcome,cost,additional,additional_low,additional_high,soles,soles_low,soles_high,soles_per_outcome,"
         "ci_low,ci_high,reason,lines,replicates\n";
  for (auto const& report : reports) {
    std::string lines;
    for (auto const& line : report.lines)
      lines += fmt::format("{}{}={}", lines.empty() ? "" : ";", line.key, field(line.soles.mean));
    for (auto const& outcome : report.outcomes)
      for (bool const net : {true, false}) {
        auto const& soles = net ? *report.net : *report.gross;
        auto const& ratio = net ? outcome.net : outcome.gross;
        auto const& additional = outcome.additional;
        out << csv_field(report.alternative.stem) << ',' << outcome.outcome << ',' << (net ? "net" : "gross") << ','
            << field(additional.mean) << ',' << low_field(additional.interval) << ',' << high_field(additional.interval)
            << ',' << field(soles.mean) << ',' << low_field(soles.interval) << ',' << high_field(soles.interval) << ','
            << field(ratio.value) << ',' << low_field(ratio.interval) << ',' << high_field(ratio.interval) << ','
            << code_of(ratio.reason) << ',' << csv_field(lines) << ',' << report.replicates << "\n";
      }
  }
}

void print_costs_json(std::ostream& out, std::span<CostReport const> reports) {
  auto list = nlohmann::ordered_json::array();
  for (auto const& report : reports)
    for (auto const& outcome : report.outcomes)
      for (bool const net : {true, false}) {
        auto const& soles = net ? *report.net : *report.gross;
        auto const& ratio = net ? outcome.net : outcome.gross;
        nlohmann::ordered_json entry{{"scenario", report.alternative.stem},
                                     {"outcome", outcome.outcome},
                                     {"cost", net ? "net" : "gross"},
                                     {"additional", outcome.additional.mean + 0.0},
                                     {"additional_low", low_json(outcome.additional.interval)},
                                     {"additional_high", high_json(outcome.additional.interval)},
                                     {"soles", soles.mean + 0.0},
                                     {"soles_low", low_json(soles.interval)},
                                     {"soles_high", high_json(soles.interval)},
                                     {"soles_per_outcome", nullptr},
                                     {"ci_low", low_json(ratio.interval)},
                                     {"ci_high", high_json(ratio.interval)},
                                     {"reason", nullptr},
                                     {"lines", parts_json(report.lines, "line")},
                                     {"payers", parts_json(report.payers, "payer")},
                                     {"replicates", report.replicates}};
        if (ratio.value) entry["soles_per_outcome"] = *ratio.value + 0.0;
        if (ratio.reason != NoRatio::none) entry["reason"] = code_of(ratio.reason);
        list.push_back(std::move(entry));
      }
  out << list.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
}

}  // namespace arraigo::analysis
