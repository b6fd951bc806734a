/// The interface as a function of state: every screen in both languages and all text sizes, moved as a hand would.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "analysis/compare.hpp"
#include "record/recorder.hpp"
#include "record/run_file.hpp"
#include "schedule/simulation.hpp"
#include "support/viz_screen.hpp"
#include "viz/charts.hpp"
#include "viz/figures_view.hpp"
#include "viz/map_view.hpp"
#include "viz/vectors.hpp"

namespace arraigo::tests {
namespace {

using viz::Key;
using viz::Overlay;

std::vector<std::pair<char const*, void (*)(viz::Session&)>> const& screens() {
  static std::vector<std::pair<char const*, void (*)(viz::Session&)>> const all{
      {"main", [](viz::Session&) {}},
      {"difference", [](viz::Session& s) { s.view.chart_difference = true; }},
      {"groups", [](viz::Session& s) { s.view.charts[1] = "migrant_formal_share"; s.view.cut = "education"; }},
      {"percent", [](viz::Session& s) { s.view.unit = viz::DifferenceUnit::percent; }},
      {"level map", [](viz::Session& s) { s.view.map_mode = viz::MapMode::level; s.view.district = s.area().front(); }},
      {"maps", [](viz::Session& s) { s.view.small_multiples = true; }},
      {"marks", [](viz::Session& s) { s.view.show_points = s.view.show_flows = true; }},
      {"workshop", [](viz::Session& s) { s.view.workshop = true; }},
      {"predict", [](viz::Session& s) { s.view.predicting = true; s.view.revealed = false; }},
      {"search", [](viz::Session& s) { s.view.search = "feria"; }},
      {"window", [](viz::Session& s) { s.use_preset(1); s.view.expanded = s.levers().front().id; }},
      {"measures", [](viz::Session& s) { s.view.panel = 0; }},
      {"map panel", [](viz::Session& s) { s.view.panel = 2; }},
      {"help", [](viz::Session& s) { s.view.overlay = Overlay::help; }},
      {"guide", [](viz::Session& s) { s.view.overlay = Overlay::guide; }},
      {"definition", [](viz::Session& s) { s.view.overlay = Overlay::definition; s.view.overlay_subject = "migrant_formal_share"; }},
      {"cost", [](viz::Session& s) { s.view.overlay = Overlay::definition; s.view.overlay_subject = "cost_per_contract"; }},
      {"lever", [](viz::Session& s) { s.view.overlay = Overlay::definition; s.view.overlay_subject = "lever:" + s.levers().front().id; }},
      {"assumptions", [](viz::Session& s) { s.view.overlay = Overlay::assumptions; }},
      {"story", [](viz::Session& s) { s.view.overlay = Overlay::story; }},
      {"snapshots", [](viz::Session& s) { s.view.overlay = Overlay::snapshots; }},
      {"save", [](viz::Session& s) { s.view.overlay = Overlay::save; }},
      {"open", [](viz::Session& s) { s.view.overlay = Overlay::open; }},
  };
  return all;
}

TEST(Interface, NothingIsClippedOnAnyScreenInAnyLanguageAtAnySize) {
  Screen screen;
  ASSERT_TRUE(screen.settle());
  screen.session().use_preset(1);
  ASSERT_TRUE(screen.settle());
  viz::View const fresh = screen.session().view;
  std::size_t texts = 0;
  for (ImVec2 const size : {ImVec2(1600, 900), ImVec2(1280, 720)})
    for (float const scale : viz::text_scales)
      for (Lang const lang : {Lang::es, Lang::en})
        for (auto const& [name, show] : screens()) {
          screen.size(size);
          screen.app().ui().text_scale = scale;
          screen.app().ui().lang = lang;
          screen.session().view = fresh;
          show(screen.session());
          screen.frame(6);
          std::string where = std::string(name) + (lang == Lang::es ? " es " : " en ") + std::to_string(scale) + " " + std::to_string(static_cast<int>(size.x));
          EXPECT_EQ(screen.app().ui().clipped(), std::vector<std::string>{}) << where;
          EXPECT_GT(screen.app().ui().widgets().size(), 10U) << where;
          texts += screen.app().ui().widgets().size();
          std::set<std::string> ids;
          for (auto const& widget : screen.app().ui().widgets()) EXPECT_TRUE(ids.insert(widget.id).second) << where << ": two widgets are called " << widget.id;
        }
  EXPECT_GT(texts, 5000U);
}

TEST(Interface, ATextThatDoesNotFitIsFound) {
  Screen screen;
  screen.frame(2);
  ImGui::NewFrame();
  ImGui::SetNextWindowSize({50, 50});
  ImGui::Begin("narrow");
  screen.app().ui().plain("a sentence that is far too long for a window of fifty pixels");
  ImGui::End();
  ImGui::EndFrame();
  screen.frame(1);
  EXPECT_FALSE(screen.app().ui().clipped().empty());
}

TEST(Interface, EveryLetterOfEveryTextHasAGlyph) {
  Screen screen;
  screen.frame();
  std::size_t letters = 0;
  auto const check = [&](std::string const& text) {
    for (char const* at = text.c_str(); *at != '\0';) {
      unsigned letter = 0;
      at += ImTextCharFromUtf8(&letter, at, text.c_str() + text.size());
      if (letter == '\n') continue;
      ++letters;
      EXPECT_NE(ImGui::GetIO().Fonts->Fonts[0]->FindGlyphNoFallback(static_cast<ImWchar>(letter)), nullptr) << std::hex << letter << " in " << text;
    }
  };
  for (Lang const lang : {Lang::es, Lang::en}) {
#define M(key, es, en) check(text(Message::key, lang));
#include "core/text.def"
#undef M
    for (auto const& kind : measure_kinds()) {
      check(kind.title.in(lang));
      check(kind.definition.in(lang));
    }
    for (auto const& row : parameter_table()) check(row.title.in(lang));
  }
  for (auto const& row : screen.session().country->districts.rows()) check(row.name);
  EXPECT_GT(letters, 20000U);
}

TEST(Interface, APolicyChangesTheFiguresAndUndoBringsExactlyZeroBack) {
  Screen screen;
  ASSERT_TRUE(screen.settle());
  auto const gap = [&] { return viz::headline(screen.session(), "regular_share", screen.session().months() - 1); };
  auto const before = gap();
  ASSERT_TRUE(before.difference.has_value());
  EXPECT_EQ(*before.difference, 0.0);
  EXPECT_EQ(before.replicates, 3);
  ASSERT_TRUE(screen.click("preset/regularisation"));
  ASSERT_TRUE(screen.settle());
  auto const after = gap();
  ASSERT_TRUE(after.difference.has_value());
  EXPECT_GT(*after.difference, 0.1);
  ASSERT_TRUE(after.interval.has_value());
  ASSERT_TRUE(screen.click("undo"));
  ASSERT_TRUE(screen.settle());
  EXPECT_EQ(*gap().difference, 0.0);
  screen.key(Key::redo);
  ASSERT_TRUE(screen.settle());
  EXPECT_EQ(*gap().difference, *after.difference);
}

TEST(Interface, ADragOfASliderIsOneStepAndFiftyStepsComeBack) {
  Screen screen;
  ASSERT_TRUE(screen.settle());
  auto& session = screen.session();
  auto const slider = screen.app().widget(session.levers().front().id);
  ASSERT_TRUE(slider.has_value());
  float const y = (slider->y + slider->w) / 2;
  std::string const untouched = to_yaml(*session.edited());
  screen.drag({slider->x + 10, y}, {slider->z - 10, y}, 12);
  EXPECT_EQ(session.history.size(), 1U);
  EXPECT_NE(to_yaml(*session.edited()), untouched);
  for (int i = 0; i < 59; ++i) screen.click(ImVec2(slider->x + 10 + static_cast<float>(i % 2 == 0 ? 30 : 90) + static_cast<float>(i) * 0.5F, y));
  EXPECT_GE(session.history.size(), 50U);
  std::size_t const steps = session.history.size();
  for (std::size_t i = 0; i < steps; ++i) screen.key(Key::undo);
  EXPECT_EQ(to_yaml(*session.edited()), untouched);
  EXPECT_FALSE(session.history.can_undo());
}

TEST(Interface, LanguageIsSwitchedInOneFrame) {
  Screen screen;
  ASSERT_TRUE(screen.settle());
  screen.click("english");
  EXPECT_EQ(screen.app().ui().lang, Lang::en);
  EXPECT_EQ(screen.session().run_title(screen.session().view.base, screen.app().ui().lang), "Base: Baseline");
  screen.key(Key::language);
  EXPECT_EQ(screen.app().ui().lang, Lang::es);
}

TEST(Interface, TheKeyboardReachesEveryControl) {
  Screen screen;
  ASSERT_TRUE(screen.settle());
  std::set<std::string> controls, reached;
  for (auto const& widget : screen.app().ui().widgets())
    if (widget.item != 0) controls.insert(widget.id);
  ASSERT_GT(controls.size(), 40U);
  for (std::size_t i = 0; i < controls.size() + 5; ++i) {
    screen.key(Key::tab);
    ImGuiID const focused = ImGui::GetCurrentContext()->NavId;
    for (auto const& widget : screen.app().ui().widgets())
      if (widget.item == focused) reached.insert(widget.id);
  }
  for (auto const& id : controls) EXPECT_TRUE(reached.contains(id)) << id;
  // And uses it: the box of a policy, by Space.
  screen.frame(2);
  screen.app().ui().focus("workshop");
  screen.frame();
  ImGuiIO& io = ImGui::GetIO();
  int const space = io.KeyMap[ImGuiKey_Space];
  ASSERT_GE(space, 0);
  io.KeysDown[space] = true;
  screen.frame(2);
  io.KeysDown[space] = false;
  screen.frame(2);
  EXPECT_TRUE(screen.session().view.workshop);
}

TEST(Interface, NothingIsDrawnAnewWhileNothingChanges) {
  Screen screen;
  ASSERT_TRUE(screen.settle());
  screen.frame(5);
  int const before = screen.canvas().redraws();
  screen.frame(30);
  EXPECT_EQ(screen.canvas().redraws(), before);
  EXPECT_FALSE(screen.app().wants_frame());
  screen.session().set_month(3);
  screen.frame(2);
  EXPECT_EQ(screen.canvas().redraws("map"), 1 + screen.canvas().redraws("map") - 1);
  EXPECT_GT(screen.canvas().redraws(), before);
}

TEST(Interface, TheClockPlaysStepsAndStops) {
  Screen screen;
  ASSERT_TRUE(screen.settle());
  auto& view = screen.session().view;
  screen.key(Key::home);
  EXPECT_EQ(view.month, 0);
  screen.key(Key::right);
  screen.key(Key::right);
  EXPECT_EQ(view.month, 2);
  screen.key(Key::left);
  EXPECT_EQ(view.month, 1);
  screen.key(Key::end);
  EXPECT_EQ(view.month, 11);
  screen.click("play");
  EXPECT_TRUE(view.playing);
  screen.frame(60 * 4);
  EXPECT_FALSE(view.playing);
  EXPECT_EQ(view.month, 11);
}

TEST(Interface, ThousandsOfFramesUnderAnUntrainedHand) {
  Screen screen;
  ASSERT_TRUE(screen.settle());
  std::mt19937 random(20261125);
  auto const upto = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  ImGuiIO& io = ImGui::GetIO();
  constexpr Key keys[] = {Key::tab, Key::back_tab, Key::escape, Key::left, Key::right, Key::home, Key::end, Key::page_up, Key::space, Key::f11, Key::f1,
                          Key::undo, Key::redo, Key::save, Key::larger, Key::smaller, Key::compare, Key::play, Key::language, Key::find, Key::replay};
  // Nothing may be written into the folder that the tests run in.
  std::filesystem::current_path(screen.folder().path());
  for (int i = 0; i < 3000; ++i) {
    int const what = upto(20);
    auto const& widgets = screen.app().ui().widgets();
    if (what < 8 && !widgets.empty()) {
      auto const& widget = widgets[static_cast<std::size_t>(upto(static_cast<int>(widgets.size())))];
      io.MousePos = ImVec2((widget.low.x + widget.high.x) / 2, (widget.low.y + widget.high.y) / 2);
    } else if (what < 10) {
      io.MousePos = ImVec2(static_cast<float>(upto(1700) - 50), static_cast<float>(upto(1000) - 50));
    } else if (what < 14) {
      io.MouseDown[0] = !io.MouseDown[0];
    } else if (what == 14) {
      io.MouseWheel = static_cast<float>(upto(5) - 2);
    } else if (what < 17) {
      screen.app().key(keys[upto(static_cast<int>(std::size(keys)))]);
    } else if (what == 17) {
      io.AddInputCharactersUTF8("á1/\xc3\xb1 x");
    } else if (what == 18 && upto(10) == 0) {
      screen.size(ImVec2(static_cast<float>(200 + upto(1800)), static_cast<float>(150 + upto(1000))));
    }
    screen.frame();
  }
  io.MouseDown[0] = false;
  EXPECT_TRUE(screen.settle());
  EXPECT_LE(screen.session().document.scenarios.size(), 5U);
}

TEST(Interface, ASavedScenarioIsRunToTheSameBits) {
  Screen screen;
  ASSERT_TRUE(screen.settle());
  auto& session = screen.session();
  session.use_preset(1);
  ASSERT_TRUE(screen.settle());
  session.edit({"x", "x"}, "", [&](Scenario& scenario) {
    auto const& lever = session.levers().front();
    viz::measure_for(scenario, lever.pattern).values[lever.field].number = 12345;
  });
  ASSERT_TRUE(screen.settle());
  ASSERT_TRUE(session.alternative()->mistakes.empty()) << session.alternative()->mistakes.front();
  auto const file = screen.folder().path() / "mine.yaml";
  ASSERT_EQ(session.save_scenario(session.alternative()->slot, file), std::nullopt);
  EXPECT_NE(session.save_scenario(session.alternative()->slot, file), std::nullopt) << "an existing file is kept";
  Scenario const read = read_scenario(file, session.country->districts, ScenarioPlaces{std::filesystem::path(ARRAIGO_SOURCE_DIR) / "scenarios"});
  EXPECT_EQ(read.scale, session.live_scale);
  auto const& live = *session.alternative()->data;
  ASSERT_EQ(read.replicates, live.replicates());
  for (int replicate = 0; replicate < read.replicates; ++replicate) {
    Simulation simulation(read, *session.country, replicate, Detail::districts);
    while (!simulation.done()) simulation.step();
    ReplicateRecord const record = simulation.take_record();
    auto const& variables = live.layout().variables;
    for (std::size_t v = 0; v < variables.size(); ++v) {
      auto const values = live.read(variables[v]);
      std::size_t const each = record.values[v].size();
      ASSERT_TRUE(std::equal(record.values[v].begin(), record.values[v].end(), values.begin() + static_cast<std::ptrdiff_t>(each * static_cast<std::size_t>(replicate))))
          << variables[v].name << " of replicate " << replicate;
    }
  }
}

TEST(Interface, DamagedAndForeignFilesGetASentence) {
  Screen screen;
  ASSERT_TRUE(screen.settle());
  auto const& folder = screen.folder();
  std::vector<std::filesystem::path> const files{
      folder.write("empty.h5", ""),
      folder.write("text.h5", "not a run file"),
      folder.write("signature.h5", std::string("\x89HDF\r\n\x1a\n", 8) + std::string(600, '\xff')),
      folder.write("broken.yaml", "extends: [\n"),
      folder.write("loop.yaml", "extends: loop.yaml\nname: loop\n"),
      folder.write("zeros.progress.jsonl", std::string(5000, '\0')),
      folder.write("old.progress.jsonl", "{\"replicate\":0,\"month\":\"2026-01\"}\n"),
      folder.write("broken.geojson", "{\"type\": \"FeatureCollection\", \"features\": [{"),
      folder.path() / "missing.h5",
      folder.path() / "missing.yaml",
      folder.path(),
  };
  std::size_t const runs = screen.session().runs.size();
  for (auto const& file : files) {
    std::size_t const before = screen.session().notices.size();
    screen.app().open(file);
    ASSERT_TRUE(screen.settle());
    EXPECT_GT(screen.session().notices.size(), before) << file;
    screen.frame(2);
  }
  EXPECT_EQ(screen.session().runs.size(), runs);
  while (!screen.session().notices.empty()) screen.click("dismiss");
}

TEST(Interface, ClosingWhileFilesAreOpenedAndScenariosRunIsQuiet) {
  TemporaryFolder folder;
  // A small run file.
  std::string file;
  {
    Screen screen;
    Overrides smaller;
    smaller.months = 2;
    smaller.scale = 500;
    smaller.replicates = 1;
    smaller.area = "150132";
    Scenario const scenario = read_scenario(std::filesystem::path(ARRAIGO_SOURCE_DIR) / "scenarios/baseline.yaml", screen.session().country->districts,
                                            ScenarioPlaces{std::filesystem::path(ARRAIGO_SOURCE_DIR) / "scenarios"}, smaller);
    Simulation simulation(scenario, *screen.session().country, 0, Detail::districts);
    while (!simulation.done()) simulation.step();
    RecordLayout const layout = Simulation::layout(scenario, *screen.session().country, Detail::districts);
    file = (folder.path() / "run.h5").string();
    write_run_file(file, layout, {simulation.take_record()}, RunAttributes{{{"stem", "run"}, {"area", "150132"}}, {{"seed", 7}, {"scale", 500}}}, false);
  }
  for (int frames = 0; frames < 12; ++frames) {
    Screen screen({file, file, "baseline"});
    screen.frame(frames * 3);
    screen.session().use_preset(0);
    screen.app().open(file);
    screen.frame(frames);
    EXPECT_LE(screen.session().runs.size(), 5U) << "three files and the live pair at most";
  }
  // Long enough, everything that was asked for is there: the cases above really ended early or late.
  Screen screen({file, file, "baseline"});
  ASSERT_TRUE(screen.settle());
  EXPECT_EQ(screen.session().runs.size(), 4U);
}

TEST(Interface, ARefusedSettingKeepsItsReasonsWhileOlderRunsWouldStillArrive) {
  Screen screen;
  auto& session = screen.session();
  for (int i = 0; i < 2000 && session.edited() == nullptr; ++i) {
    screen.frame();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ASSERT_NE(session.edited(), nullptr);
  session.edit({"x", "x"}, "", [](Scenario& scenario) { scenario.measures.front().where = {"999999"}; });
  ASSERT_FALSE(session.alternative()->mistakes.empty());
  ASSERT_TRUE(screen.settle());
  EXPECT_FALSE(session.alternative()->mistakes.empty());
  EXPECT_TRUE(session.alternative()->stale);
  EXPECT_TRUE(viz::export_csv(session, screen.folder().path() / "refused.csv").has_value());
  session.undo();
  ASSERT_TRUE(screen.settle());
  EXPECT_TRUE(session.alternative()->mistakes.empty());
  EXPECT_FALSE(session.alternative()->stale);
}

TEST(Interface, AnEditDuringAReplayIsNotLost) {
  Screen screen;
  ASSERT_TRUE(screen.settle());
  auto& session = screen.session();
  session.use_preset(1);
  session.replay();
  ASSERT_TRUE(session.replaying());
  session.use_preset(0);
  EXPECT_FALSE(session.replaying());
  EXPECT_TRUE(session.preset_on(1));
  EXPECT_TRUE(session.preset_on(0));
  ASSERT_TRUE(screen.settle());
  screen.frame(150);
  EXPECT_TRUE(session.preset_on(0)) << "the end of the replay brought an older state back";
}

TEST(Interface, ANewerSettingWinsWhileTheHandMoves) {
  Screen screen;
  ASSERT_TRUE(screen.settle());
  auto& session = screen.session();
  auto const& lever = session.levers().front();
  for (int value = 1; value <= 40; ++value) {
    session.edit({"x", "x"}, lever.id, [&](Scenario& scenario) { viz::measure_for(scenario, lever.pattern).values[lever.field].number = 1000.0 * value; });
    screen.frame();
  }
  EXPECT_TRUE(session.alternative()->stale);
  ASSERT_TRUE(screen.settle());
  EXPECT_FALSE(session.alternative()->stale);
  Scenario const shown = session.as_shown(session.alternative()->slot);
  Simulation simulation(shown, *session.country, 0, Detail::districts);
  while (!simulation.done()) simulation.step();
  auto const record = simulation.take_record();
  auto const& variable = session.alternative()->data->layout().variables.front();
  auto const values = session.alternative()->data->read(variable);
  EXPECT_TRUE(std::equal(record.values.front().begin(), record.values.front().end(), values.begin()));
}

TEST(Interface, TheExportedNumbersAreThoseOfTheHeadlines) {
  Screen screen;
  ASSERT_TRUE(screen.settle());
  screen.session().use_preset(1);
  ASSERT_TRUE(screen.settle());
  auto const file = screen.folder().path() / "shown.csv";
  ASSERT_EQ(viz::export_csv(screen.session(), file), std::nullopt);
  std::ifstream in(file);
  std::string line;
  ASSERT_TRUE(std::getline(in, line));
  EXPECT_EQ(line, "view,indicator,by,key,month,scenario,value,ci_low,ci_high,replicates,scale,seed");
  auto const card = viz::headline(screen.session(), screen.session().view.kpis[0], screen.session().view.month);
  bool found = false;
  std::size_t map_rows = 0;
  while (std::getline(in, line)) {
    std::vector<std::string> cells;
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, ',');) cells.push_back(cell);
    if (cells[0] == "headline" && cells[1] == screen.session().view.kpis[0] && cells[5] == "difference") {
      found = true;
      EXPECT_EQ(std::stod(cells[6]), *card.difference);
      EXPECT_EQ(std::stod(cells[7]), card.interval->low);
    }
    if (cells[0] == "map_difference") ++map_rows;
  }
  EXPECT_TRUE(found);
  EXPECT_EQ(map_rows, 2U);
}

TEST(Interface, SnapshotsReturnToMeasuresAndView) {
  Screen screen;
  ASSERT_TRUE(screen.settle());
  auto& session = screen.session();
  session.take_snapshot("before");
  session.view.month = 4;
  session.use_preset(1);
  ASSERT_TRUE(screen.settle());
  EXPECT_NE(to_yaml(*session.edited()), to_yaml(session.snapshots.front().document.scenarios[1]));
  session.return_to(0);
  ASSERT_TRUE(screen.settle());
  EXPECT_EQ(to_yaml(*session.edited()), to_yaml(session.snapshots.front().document.scenarios[1]));
  EXPECT_EQ(session.view.month, 11);
  session.undo();
  EXPECT_NE(to_yaml(*session.edited()), to_yaml(session.snapshots.front().document.scenarios[1]));
}

TEST(Interface, ARemovedScenarioTakesItsNameAndItsStartWithIt) {
  Screen screen({"regularisation", "service_expansion", "quota_exemption"});
  auto& session = screen.session();
  for (int i = 0; i < 2000 && session.runs.size() < 3; ++i) {
    screen.frame();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ASSERT_EQ(session.runs.size(), 3U);
  ASSERT_EQ(session.edited()->stem, "service_expansion");
  session.remove_alternative();
  screen.frame(2);
  ASSERT_EQ(session.runs.size(), 2U);
  EXPECT_EQ(session.edited()->stem, "quota_exemption");
  EXPECT_EQ(session.run_title(session.view.alternative, Lang::en), "A: " + session.edited()->title_en);
  EXPECT_EQ(session.origin()->stem, "quota_exemption");
  EXPECT_EQ(session.alternative()->data, nullptr) << "the figures of the removed scenario stay under another name";
  screen.key(Key::undo);
  EXPECT_EQ(session.document.scenarios.size(), 3U);
  EXPECT_EQ(session.origin()->stem, session.edited()->stem);
}

TEST(Interface, RunsThatDoNotPairAreNotSubtracted) {
  TemporaryFolder folder;
  auto const progress = [&](char const* name, int seed) {
    return folder.write(std::string(name) + ".progress.jsonl", R"({"stem":")" + std::string(name) + R"(","title_es":"x","title_en":"x","start":"2026-01","months":2,"replicates":2,"scale":100,"area":"lima_callao","seed":)" +
                                                         std::to_string(seed) + R"(,"indicators":["regular_share"]})" + "\n" + R"({"replicate":0,"month":"2026-01","values":[40]})" + "\n" +
                                                         R"({"replicate":1,"month":"2026-01","values":[42]})" + "\n");
  };
  Screen screen({progress("one", 7).string(), progress("two", 99).string(), progress("three", 7).string()});
  ASSERT_TRUE(screen.settle());
  auto& session = screen.session();
  ASSERT_EQ(session.runs.size(), 3U);
  EXPECT_FALSE(session.unpaired_reasons().empty());
  EXPECT_FALSE(viz::headline(session, "regular_share", 0).difference.has_value());
  EXPECT_TRUE(session.unpaired_reasons(2).empty());
  auto const chart = viz::course_chart(session, "regular_share", true);
  for (auto const& course : chart.courses) EXPECT_NE(course.run, 1U);
  session.view.alternative = 2;
  EXPECT_TRUE(viz::headline(session, "regular_share", 0).difference.has_value());
}

TEST(Interface, AStoryTellsTheSamePersonInBothFutures) {
  Screen screen;
  ASSERT_TRUE(screen.settle());
  auto& session = screen.session();
  session.use_preset(1);
  ASSERT_TRUE(screen.settle());
  session.ask_story("irregular_worker", session.area().front());
  EXPECT_TRUE(session.story_pending);
  ASSERT_TRUE(screen.settle());
  ASSERT_TRUE(session.story.has_value());
  ASSERT_EQ(session.story->mistake, "");
  ASSERT_EQ(session.story->stories.size(), 2U);
  EXPECT_EQ(session.story->stories[0].person, session.story->stories[1].person);
  EXPECT_EQ(session.story->stories[0].portrait_es, session.story->stories[1].portrait_es);
  session.view.overlay = Overlay::story;
  screen.frame(3);
}

TEST(Interface, AClickOnTheMapChoosesADistrictForAMeasure) {
  Screen screen;
  ASSERT_TRUE(screen.settle());
  auto& session = screen.session();
  session.view.panel = 2;
  screen.frame(3);
  auto const map = screen.app().widget("map");
  ASSERT_TRUE(map.has_value());
  viz::View const& view = session.view;
  // The point of the first district, as the map shows it.
  MapPoint const low = session.geometry()->low(), high = session.geometry()->high(), at = session.geometry()->districts()[0].point;
  float const scale = 0.96F * std::min((map->z - map->x) / (high.x - low.x), (map->w - map->y) / (high.y - low.y));
  screen.click(ImVec2((map->x + map->z) / 2 + (at.x - (low.x + high.x) / 2) * scale, (map->y + map->w) / 2 - (at.y - (low.y + high.y) / 2) * scale));
  ASSERT_TRUE(view.district.has_value());
  EXPECT_EQ(*view.district, session.area()[0]);
  screen.frame(2);
  ASSERT_TRUE(screen.click("map/pick"));
  ASSERT_EQ(view.picked.size(), 1U);
  viz::Lever lever;
  for (auto const& each : session.levers())
    if (each.headline && each.pattern.kind == MeasureKind::service_points) lever = each;
  ASSERT_FALSE(lever.id.empty());
  session.edit({"x", "x"}, "", [&](Scenario& scenario) { viz::measure_for(scenario, lever.pattern); });
  session.view.panel = 0;
  session.view.expanded = lever.id;
  session.view.search = "";
  screen.frame(3);
  screen.app().ui().focus(lever.pattern.id + "/picked");  // scrolls to it
  screen.frame(3);
  ASSERT_TRUE(screen.click(lever.pattern.id + "/picked"));
  auto const* const measure = viz::find_measure(*session.edited(), lever.pattern.id);
  ASSERT_NE(measure, nullptr);
  EXPECT_EQ(measure->where, std::vector<std::string>{session.country->districts.rows()[session.area()[0]].ubigeo});
}

TEST(Interface, APredictionHidesTheModelUntilItIsShown) {
  Screen screen;
  ASSERT_TRUE(screen.settle());
  screen.session().use_preset(1);
  ASSERT_TRUE(screen.settle());
  auto const course = [&] { return screen.canvas().vertices_in("chart/0", viz::colour_of_run(screen.session(), screen.session().view.alternative)); };
  int const shown = course();
  ASSERT_GT(shown, 20);
  ASSERT_TRUE(screen.click("predict"));
  screen.frame(2);
  EXPECT_EQ(course(), 0);
  auto const chart = screen.app().widget("chart/0");
  float const y = (chart->y + chart->w) / 2;
  screen.drag({chart->x + 80, y}, {chart->z - 60, y - 40}, 20);
  auto const& guess = screen.session().view.guess;
  EXPECT_EQ(guess.size(), 12U);
  EXPECT_GE(std::count_if(guess.begin(), guess.end(), [](float value) { return !std::isnan(value); }), 10);
  ASSERT_TRUE(screen.click("reveal"));
  screen.frame(2);
  EXPECT_EQ(course(), shown);
}

TEST(Interface, ReplayShowsBeforeAndAfterOnceMore) {
  Screen screen;
  ASSERT_TRUE(screen.settle());
  auto& session = screen.session();
  std::string const before = to_yaml(*session.edited());
  session.use_preset(1);
  std::string const after = to_yaml(*session.edited());
  ASSERT_TRUE(screen.settle());
  screen.key(Key::replay);
  EXPECT_TRUE(session.replaying());
  EXPECT_EQ(to_yaml(*session.edited()), before);
  ASSERT_TRUE(screen.settle());
  EXPECT_FALSE(session.replaying());
  EXPECT_EQ(to_yaml(*session.edited()), after);
  EXPECT_EQ(session.history.size(), 1U);
}

TEST(Interface, ARunUnderWayIsFollowedMonthByMonth) {
  TemporaryFolder folder;
  std::string text = R"({"stem":"slow","title_es":"Lenta","title_en":"Slow","start":"2026-01","months":5,"replicates":2,"scale":100,"area":"lima_callao","seed":7,"indicators":["regular_share","hostility"]})"
                     "\n"
                     R"({"replicate":0,"month":"2026-01","values":[40.5,null]})"
                     "\n"
                     R"({"replicate":1,"month":"2026-01","values":[41.5,30]})"
                     "\n";
  auto const file = folder.write("slow.progress.jsonl", text);
  Screen screen({file.string()});
  ASSERT_TRUE(screen.settle());
  auto& session = screen.session();
  ASSERT_EQ(session.runs.size(), 1U);
  auto const card = [&](char const* name, int month) { return viz::headline(session, name, month).base; };
  ASSERT_TRUE(card("regular_share", 0).has_value());
  EXPECT_NEAR(*card("regular_share", 0), 41, 1e-6);
  EXPECT_NEAR(*card("hostility", 0), 30, 1e-6);
  EXPECT_EQ(session.months(), 1);
  text += R"({"replicate":0,"month":"2026-02","values":[39,29]})"
          "\n";
  folder.write("slow.progress.jsonl", text);
  for (int i = 0; i < 100 && session.months() < 2; ++i) {
    screen.frame(10);
    ASSERT_TRUE(screen.settle());
  }
  EXPECT_EQ(session.months(), 2);
  EXPECT_NEAR(*card("regular_share", 1), 39, 1e-6);
  EXPECT_FALSE(session.runs[0].complete);
}

TEST(Interface, ARunThatHasJustBegunIsWaitedForUntilItsFirstMonth) {
  TemporaryFolder folder;
  std::string const head = R"({"stem":"young","title_es":"Joven","title_en":"Young","start":"2027-03","months":5,"replicates":2,"scale":100,"area":"peru","seed":7,"indicators":["regular_share"]})"
                           "\n";
  for (std::string const& begun : {std::string(), head}) {
    auto const file = folder.write("young.progress.jsonl", begun);
    Screen screen({file.string()});
    ASSERT_TRUE(screen.settle());
    auto& session = screen.session();
    ASSERT_EQ(session.runs.size(), 1U);
    EXPECT_TRUE(session.waiting());
    EXPECT_EQ(session.notices, std::vector<std::string>{});
    for (auto const& [name, show] : screens()) {
      if (std::string_view{name} == "lever" || std::string_view{name} == "window") continue;  // of scenarios
      viz::View const before = session.view;
      show(session);
      screen.frame(3);
      session.view = before;
    }
    EXPECT_TRUE(viz::export_csv(session, folder.path() / "nothing.csv").has_value());
    // No hand moves: the interface asks for the frame in which it looks at the file.
    std::this_thread::sleep_for(std::chrono::milliseconds(600));
    EXPECT_TRUE(screen.app().wants_frame());
    folder.write("young.progress.jsonl", head + R"({"replicate":1,"month":"2027-03","values":[40.5]})" + "\n");
    for (int i = 0; i < 100 && session.waiting(); ++i) {
      screen.frame(10);
      ASSERT_TRUE(screen.settle());
    }
    EXPECT_FALSE(session.waiting());
    EXPECT_EQ(session.run_title(0, Lang::en), "Base: Young");
    EXPECT_EQ(session.start().text(), "2027-03");
    EXPECT_GT(session.area().size(), 1000U) << "the area that the head names";
    EXPECT_NEAR(viz::headline(session, "regular_share", 0).base.value_or(0), 40.5, 1e-6);
  }
}

TEST(Interface, AProgressFileOfNumbersThatTheRunDoesNotHaveGetsASentence) {
  TemporaryFolder folder;
  auto const file = folder.write("edited.progress.jsonl",
                                 R"({"stem":"edited","title_es":"x","title_en":"x","start":"2026-01","months":5,"replicates":2,"scale":100,"area":"lima_callao","seed":7,"indicators":["regular_share"]})"
                                 "\n"
                                 R"({"replicate":-5,"month":"2026-01","values":[40.5]})"
                                 "\n");
  Screen screen({file.string()});
  ASSERT_TRUE(screen.settle());
  ASSERT_EQ(screen.session().runs.size(), 1U);
  ASSERT_EQ(screen.session().runs[0].mistakes.size(), 1U);
  EXPECT_NE(screen.session().runs[0].mistakes[0].find("edited.progress.jsonl:2: replicate = -5"), std::string::npos) << screen.session().runs[0].mistakes[0];
  EXPECT_TRUE(screen.session().waiting());
}

/// A run with other values: `change` gets variable, replicate and key (0 where there is none).
template <class F>
std::shared_ptr<analysis::MemoryRun const> changed_run(analysis::RunData const& run, int replicates, F const& change) {
  auto layout = std::make_shared<RecordLayout const>(run.layout());
  std::vector<analysis::MemoryRun::Record> records;
  for (int r = 0; r < replicates; ++r) {
    auto record = std::make_shared<ReplicateRecord>();
    for (auto const& variable : layout->variables) {
      auto const all = run.read(variable);
      std::size_t const each = all.size() / static_cast<std::size_t>(run.replicates());
      std::size_t const keys = each / static_cast<std::size_t>(layout->months);
      auto& own = record->values.emplace_back();
      for (std::size_t i = 0; i < each; ++i) own.push_back(change(variable, r, i % keys, all[static_cast<std::size_t>(r) * each + i]));
    }
    records.push_back(std::move(record));
  }
  auto changed = std::make_shared<analysis::MemoryRun>(run.name(), layout, std::move(records));
  for (char const* name : {"stem", "area", "data_digest"}) changed->set(name, *run.text_attribute(name));
  for (char const* name : {"seed", "scale"}) changed->set(name, *run.integer_attribute(name));
  return changed;
}

TEST(Interface, TheMapWithholdsWhatCompareWithholds) {
  Screen screen;
  ASSERT_TRUE(screen.settle());
  auto& session = screen.session();
  session.use_preset(1);
  ASSERT_TRUE(screen.settle());
  std::string const name = "migrant_formal_share";
  auto const* const indicator = session.indicator(name);
  ASSERT_NE(indicator, nullptr);
  auto const is_denominator = [&](Variable const& variable) {
    return std::any_of(indicator->denominator.begin(), indicator->denominator.end(), [&](std::string const& term) { return variable.name == term + "_by_district"; });
  };
  int const month = session.months() - 1;
  std::uint64_t version = 1000;
  auto const replace = [&](auto const& change, int replicates) {
    version += 1000;
    for (auto& run : session.runs) {
      run.data = changed_run(*run.data, replicates, change);
      run.version += version;
      run.cache.clear();
    }
  };
  auto const scale = [&] { return viz::place_scale(session, {session.view.alternative}, name, viz::MapMode::difference, viz::DifferenceUnit::absolute); };
  auto const map = [&] { return viz::place_map(session, session.view.alternative, name, viz::MapMode::difference, viz::DifferenceUnit::absolute, month, scale()); };
  auto const whole = map();
  ASSERT_TRUE(whole.recorded && !whole.pending && whole.districts.size() == 2);
  ASSERT_FALSE(whole.districts[0].too_small);
  ASSERT_TRUE(whole.districts[1].interval.has_value());

  // The first district keeps its workers in the numerator and some hundreds of people in the denominator: an effect of thousands of points.
  auto const before = session.runs;
  replace([&](Variable const& variable, int, std::size_t key, std::int64_t value) { return key == 0 && is_denominator(variable) ? std::min<std::int64_t>(value, 400) : value; }, 3);
  auto const small = map();
  EXPECT_TRUE(small.districts[0].too_small);
  EXPECT_FALSE(small.districts[0].difference.has_value());
  EXPECT_EQ(viz::colour_of_place(small.districts[0], small), viz::colour::no_data);
  EXPECT_NE(viz::colour_of_place(small.districts[1], small), viz::colour::no_data);
  EXPECT_LT(small.high, 100) << "a handful of agents sets the scale";
  EXPECT_NE(viz::district_text(screen.app().ui(), session, session.view.alternative, small, 0, *indicator).find("menos de 30 agentes"), std::string::npos);
  EXPECT_NE(viz::district_text(screen.app().ui(), session, session.view.alternative, small, 1, *indicator).find(" puntos"), std::string::npos);
  EXPECT_TRUE(viz::place_map(session, session.view.base, name, viz::MapMode::level, viz::DifferenceUnit::absolute, month, {}).districts[0].too_small);
  analysis::CompareOptions options;
  options.by = "district";
  options.indicators = {name};
  auto const compared = analysis::compare(*session.base()->data, {session.alternative()->data.get()}, options);
  ASSERT_EQ(compared.rows.size(), 2U);
  std::size_t clear = 0, defined = 0;
  for (std::size_t d = 0; d < 2; ++d) {
    auto const& row = *std::find_if(compared.rows.begin(), compared.rows.end(), [&](auto const& r) { return r.key == session.country->districts.rows()[session.area()[d]].ubigeo; });
    EXPECT_EQ(small.districts[d].too_small, row.too_small);
    EXPECT_EQ(small.districts[d].difference, row.difference);
    if (row.interval) ++defined;
    if (analysis::excludes_zero(row)) ++clear;
  }
  auto const counts = viz::counts_of(small);
  EXPECT_EQ(counts.clear, clear);
  EXPECT_EQ(counts.defined, defined);
  EXPECT_EQ(counts.grey, 1U);

  // Defined in one replicate of three only: there are intervals elsewhere, so this place is grey and out of the scale.
  session.runs = before;
  replace([&](Variable const& variable, int replicate, std::size_t key, std::int64_t value) {
    if (key != 0) return value;
    return is_denominator(variable) ? (replicate == 0 ? value : 0) : value * 50;
  }, 3);
  auto const once = map();
  ASSERT_FALSE(once.districts[0].too_small);
  ASSERT_TRUE(once.districts[0].difference.has_value() && !once.districts[0].interval.has_value());
  EXPECT_EQ(viz::colour_of_place(once.districts[0], once), viz::colour::no_data);
  EXPECT_LT(once.high, 100);
  EXPECT_NE(viz::district_text(screen.app().ui(), session, session.view.alternative, once, 0, *indicator).find("sin intervalo"), std::string::npos);

  // With one replicate there is no interval anywhere: paler colours stand for what is to come.
  session.runs = before;
  replace([](Variable const&, int, std::size_t, std::int64_t value) { return value; }, 1);
  auto const first = map();
  ASSERT_TRUE(first.districts[0].difference.has_value() && !first.districts[0].interval.has_value());
  EXPECT_NE(viz::colour_of_place(first.districts[0], first), viz::colour::no_data);
}

TEST(Interface, DifferencesOfPercentagesAreInPoints) {
  auto const& table = indicator_table();
  auto const share = std::find_if(table.begin(), table.end(), [](Indicator const& i) { return i.units == "%"; });
  auto const people = std::find_if(table.begin(), table.end(), [](Indicator const& i) { return i.units == "people"; });
  ASSERT_TRUE(share != table.end() && people != table.end());
  EXPECT_EQ(viz::unit_of_difference(*share, viz::DifferenceUnit::absolute, Lang::es), "puntos");
  EXPECT_EQ(viz::unit_of_difference(*share, viz::DifferenceUnit::absolute, Lang::en), "points");
  EXPECT_EQ(viz::unit_of_difference(*share, viz::DifferenceUnit::percent, Lang::en), "% of the base");
  EXPECT_EQ(viz::unit_of_difference(*people, viz::DifferenceUnit::absolute, Lang::en), "people");
}

TEST(Interface, AnElasticityIsNoShare) {
  for (auto const& row : parameter_table()) {
    std::string const line = viz::parameter_line(row, row.value, Lang::es);
    std::string_view const unit = row.unit;
    if (unit == "1" || unit == "share") {
      EXPECT_EQ(line.find("proporción") != std::string::npos, unit == "share") << line;
    }
  }
}

TEST(Interface, ACoarseSampleIsSaidToBeOne) {
  TemporaryFolder folder;
  for (int const scale : {100, 200}) {
    auto const file = folder.write("sample.progress.jsonl",
                                   R"({"stem":"s","title_es":"x","title_en":"x","start":"2026-01","months":5,"replicates":2,"area":"lima_callao","seed":7,"indicators":["regular_share"],"scale":)" +
                                       std::to_string(scale) + "}\n" + R"({"replicate":0,"month":"2026-01","values":[40.5]})" + "\n");
    Screen screen({file.string()});
    ASSERT_TRUE(screen.settle());
    EXPECT_EQ(screen.app().widget("coarse_sample").has_value(), scale > 100) << scale;
  }
}

TEST(Interface, TheWorkshopShowsMeasuresCardsChartAndMapOnSmallScreens) {
  Screen screen;
  ASSERT_TRUE(screen.settle());
  screen.session().use_preset(1);
  ASSERT_TRUE(screen.settle());
  screen.key(Key::f11);
  std::string lever;
  for (auto const& each : screen.session().levers())
    if (each.headline && lever.empty()) lever = each.id;
  for (ImVec2 const size : {ImVec2(1280, 720), ImVec2(1366, 768), ImVec2(1600, 900), ImVec2(1920, 1080)})
    for (Lang const lang : {Lang::es, Lang::en}) {
      screen.size(size);
      screen.app().ui().lang = lang;
      screen.frame(6);
      EXPECT_GT(screen.app().text_scale(), 1.3F) << size.x;
      for (std::string const& id : {std::string("kpi/0/indicator"), std::string("kpi/2/indicator"), lever, std::string("chart/0"), std::string("map"), std::string("month")}) {
        auto const place = screen.app().widget(id);
        ASSERT_TRUE(place.has_value()) << id << " at " << size.x;
        EXPECT_TRUE(place->x >= 0 && place->y >= 0 && place->z <= size.x && place->w <= size.y) << id << " at " << size.x;
      }
    }
}

TEST(Interface, MapsSideBySideSayWhatTheirColoursMean) {
  Screen screen;
  ASSERT_TRUE(screen.settle());
  screen.frame(2);
  EXPECT_TRUE(screen.app().widget("map/caption").has_value());
  screen.key(Key::compare);
  screen.frame(2);
  EXPECT_TRUE(screen.app().widget("map/0").has_value());
  auto const caption = screen.app().widget("map/caption");
  ASSERT_TRUE(caption.has_value());
  EXPECT_LT(caption->w, 900);
}

TEST(Interface, AssumptionsAreMeasuredAtBothEnds) {
  Screen screen;
  ASSERT_TRUE(screen.settle());
  auto& session = screen.session();
  session.use_preset(1);
  ASSERT_TRUE(screen.settle());
  session.measure_assumptions("regular_share");
  ASSERT_GT(session.turns.rows.size(), 50U);
  for (int i = 0; i < 3000 && session.turns.at < 2; ++i) {
    screen.frame();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ASSERT_GE(session.turns.at, 2U);
  auto const& turn = session.turns.rows[1];
  ASSERT_TRUE(turn.effect[0].has_value() && turn.swing().has_value());
  // The same by hand: the low end of the second assumption, replicate 0.
  double values[2];
  for (std::size_t slot = 0; slot < 2; ++slot) {
    Scenario scenario = session.as_shown(slot);
    scenario.parameters.*turn.row->member = turn.row->low;
    scenario.replicates = 1;
    Simulation simulation(scenario, *session.country, 0, Detail::districts);
    while (!simulation.done()) simulation.step();
    auto const& table = indicator_table();
    std::size_t const at = static_cast<std::size_t>(std::find_if(table.begin(), table.end(), [](Indicator const& i) { return i.name == "regular_share"; }) - table.begin());
    analysis::MemoryRun const run("", std::make_shared<RecordLayout const>(Simulation::layout(scenario, *session.country, Detail::districts)),
                                  {std::make_shared<ReplicateRecord const>(simulation.take_record())});
    analysis::VariableCache cache;
    values[slot] = *analysis::Figures(run, table[at], analysis::find_cut(run, ""), cache).value(0, session.turns.month, 0);
  }
  EXPECT_EQ(*turn.effect[0], values[1] - values[0]);
  session.undo();
  EXPECT_FALSE(session.turns.running);
  EXPECT_TRUE(session.turns.rows.empty());
}

TEST(CostPerContract, IsTheRatioWithFiellersInterval) {
  // Constant ratio: no uncertainty.
  auto const exact = viz::fieller_ratio({200, 202, 204}, {100, 101, 102});
  ASSERT_TRUE(exact.value.has_value() && exact.interval.has_value());
  EXPECT_NEAR(*exact.value, 2, 1e-12);
  EXPECT_NEAR(exact.interval->low, 2, 1e-9);
  EXPECT_NEAR(exact.interval->high, 2, 1e-9);
  // By hand for {1,2,3} over {10,11,12}: mean 2 and 11, variances of means 1/3, covariance 1/3, t = 4.302653 (2 df).
  auto const ratio = viz::fieller_ratio({1, 2, 3}, {10, 11, 12});
  double const tt = 4.302653 * 4.302653, a = 121 - tt / 3, b = 22 - tt / 3, c = 4 - tt / 3;
  EXPECT_NEAR(ratio.interval->low, (b - std::sqrt(b * b - a * c)) / a, 1e-6);
  EXPECT_NEAR(ratio.interval->high, (b + std::sqrt(b * b - a * c)) / a, 1e-6);
  // Contracts that are not clear of zero have no price.
  EXPECT_FALSE(viz::fieller_ratio({5, 6, 7}, {-1, 0, 2}).value.has_value());
}

}  // namespace
}  // namespace arraigo::tests
