#include <gtest/gtest.h>
#include <hdf5.h>
#include <hdf5_hl.h>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <stdexcept>
#include <string>

#include "analysis/compare.hpp"
#include "analysis/guarded.hpp"
#include "analysis/info.hpp"
#include "analysis/run_reader.hpp"
#include "core/errors.hpp"
#include "record/stored_run.hpp"
#include "tests/unit/run_file_sample.hpp"

namespace arraigo {
namespace {

std::string content_of(std::filesystem::path const& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void write_text(std::filesystem::path const& path, std::string const& text) {
  std::ofstream{path, std::ios::binary | std::ios::trunc} << text;
}

/// The sentence of the error that opening `path` gives; fails when there is none.
std::string refusal_of(std::filesystem::path const& path) {
  try {
    analysis::RunReader const run{path};
  } catch (InputError const& error) {
    return error.what();
  }
  ADD_FAILURE() << path << " was opened";
  return {};
}

class DamagedRunFile : public ::testing::Test {
 protected:
  DamagedRunFile() {
    auto const layout = sample::layout();
    write_run_file(good_, layout, sample::records(layout, 4), sample::attributes(), false);
  }
  sample::Folder folder_;
  std::filesystem::path good_ = folder_ / "good.h5";
  std::filesystem::path bad_ = folder_ / "bad.h5";
};

struct Place {
  std::string dataset;
  std::size_t offset = 0;
};

/// Bytes that hold values: the middle of each chunk of numbers, and of each reference to a text.
std::vector<Place> places_of_values(std::filesystem::path const& path) {
  std::vector<Place> places;
  StoredRun const run{path};
  for (auto const& name : run.dataset_names()) {
    auto const dataset = run.open(name);
    if (dataset.type == StoredType::text) {
      for (std::size_t i = 0; i < dataset.count(); ++i)
        for (std::size_t byte : {0U, 4U, 12U})  // length, address, index of the text
          places.push_back({name, static_cast<std::size_t>(H5Dget_offset(dataset.id.get())) + i * 16 + byte});
      continue;
    }
    hsize_t chunks = 0;
    Hid const space{H5Dget_space(dataset.id.get()), H5Sclose};
    checked(H5Dget_num_chunks(dataset.id.get(), space.get(), &chunks));
    for (hsize_t c = 0; c < chunks; ++c) {
      hsize_t size = 0;
      haddr_t address = 0;
      unsigned filters = 0;
      hsize_t start[3];
      checked(H5Dget_chunk_info(dataset.id.get(), space.get(), c, start, &filters, &address, &size));
      for (hsize_t part : {hsize_t{0}, size / 2, size - 1})
        places.push_back({name, static_cast<std::size_t>(address + part)});
    }
  }
  return places;
}

TEST_F(DamagedRunFile, AFlippedBitInAnyDataSetIsFoundAndTheDataSetNamed) {
  auto const whole = content_of(good_);
  auto const places = places_of_values(good_);
  std::set<std::string> datasets;
  std::size_t harmless = 0;
  for (auto const& [dataset, offset] : places) {
    auto bytes = whole;
    bytes[offset] = static_cast<char>(bytes[offset] ^ 2);
    write_text(bad_, bytes);
    auto const damages = analysis::verify(bad_);
    if (damages.empty()) {
      // A reference may come to point to the same text stored for another data set: every value is as before.
      StoredRun const before{good_}, after{bad_};
      auto const old_dataset = before.open(dataset), new_dataset = after.open(dataset);
      ASSERT_EQ(old_dataset.type, StoredType::text) << dataset << " at byte " << offset;
      ASSERT_EQ(before.texts(old_dataset), after.texts(new_dataset)) << dataset << " at byte " << offset;
      ++harmless;
      continue;
    }
    EXPECT_TRUE(std::any_of(damages.begin(), damages.end(),
                            [&name = dataset](auto const& damage) {
                              return damage.dataset == name && damage.sentence.find(name) != std::string::npos;
                            }))
        << dataset << " at byte " << offset << ": " << damages.front().sentence;
    datasets.insert(dataset);
  }
  EXPECT_EQ(datasets.size(), StoredRun{good_}.dataset_names().size());
  EXPECT_LE(harmless, 3U);
}

TEST_F(DamagedRunFile, AChangedLetterOfATextIsFoundAndTheDataSetNamed) {
  auto const whole = content_of(good_);
  struct Case {
    char const* text;
    char const* dataset;
  };
  for (auto const& [text, dataset] :
       {Case{"mujeres", "sex_label_es"}, Case{"070101", "district"}, Case{"Lima norte", "district_zone"},
        Case{"0123456789abcdf1", "state_hash"}, Case{"Personas adultas: saldo", "adults"}}) {
    auto const at = whole.find(text);
    ASSERT_NE(at, std::string::npos) << text;
    auto bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    write_text(bad_, bytes);
    auto const damages = analysis::verify(bad_);
    ASSERT_EQ(damages.size(), 1U) << text;
    EXPECT_TRUE(damages[0].dataset.starts_with(dataset)) << damages[0].dataset;
  }
}

TEST_F(DamagedRunFile, AChangedRootAttributeIsFound) {
  auto bytes = content_of(good_);
  auto const at = bytes.find("start: 2026-11");
  ASSERT_NE(at, std::string::npos);
  bytes[at + 13] = '2';
  write_text(bad_, bytes);
  auto const damages = analysis::verify(bad_);
  ASSERT_EQ(damages.size(), 1U);
  EXPECT_EQ(damages[0].dataset, "");
}

TEST_F(DamagedRunFile, DamagedFiguresAreNeverCompared) {
  auto const whole = content_of(good_);
  for (auto const& [dataset, offset] : places_of_values(good_)) {
    if (dataset != "employed" && dataset != "adults") continue;
    auto bytes = whole;
    bytes[offset] = static_cast<char>(bytes[offset] ^ 64);
    write_text(bad_, bytes);
    EXPECT_THROW(static_cast<void>(analysis::compare(good_, {bad_}, {})), InputError) << dataset;
  }
}

TEST_F(DamagedRunFile, AFileCutOffAnywhereGetsASentence) {
  auto const whole = content_of(good_);
  for (std::size_t const size : {std::size_t{1}, std::size_t{8}, std::size_t{47}, std::size_t{48}, std::size_t{512},
                                 whole.size() / 2, whole.size() - 1}) {
    write_text(bad_, whole.substr(0, size));
    auto const sentence = refusal_of(bad_);
    EXPECT_NE(sentence.find("bad.h5"), std::string::npos) << sentence;
    EXPECT_THROW(static_cast<void>(analysis::verify(bad_)), InputError);
  }
}

TEST_F(DamagedRunFile, ForeignEmptyMissingAndFolderEachGetASentence) {
  write_text(bad_, "");
  EXPECT_NE(refusal_of(bad_).find("bad.h5"), std::string::npos);
  write_text(bad_, "scenario,indicator\nnot a run file, but longer than the head of one would be\n");
  EXPECT_NE(refusal_of(bad_).find("Arraigo"), std::string::npos);
  EXPECT_NE(refusal_of(folder_ / "none.h5").find("none.h5"), std::string::npos);
  EXPECT_NE(refusal_of(folder_.path()).find(folder_.path().string()), std::string::npos);
}

/// A file in the format of ours made by `fill`, which may add what the writer would not.
template <class Fill>
void craft(std::filesystem::path const& path, Fill&& fill) {
  start_hdf5();
  Hid const access{H5Pcreate(H5P_FILE_ACCESS), H5Pclose};
  checked(H5Pset_libver_bounds(access.get(), H5F_LIBVER_V110, H5F_LIBVER_V110));
  Hid file{H5Fopen(path.c_str(), H5F_ACC_RDWR, access.get()), H5Fclose};
  fill(file.get());
  file.close();
}

TEST_F(DamagedRunFile, AForeignHdf5FileIsNotTakenForARun) {
  start_hdf5();
  for (auto const version : {H5F_LIBVER_EARLIEST, H5F_LIBVER_V110}) {
    std::filesystem::remove(bad_);
    Hid const access{H5Pcreate(H5P_FILE_ACCESS), H5Pclose};
    checked(H5Pset_libver_bounds(access.get(), version, H5F_LIBVER_V110));
    Hid file{H5Fcreate(bad_.c_str(), H5F_ACC_EXCL, H5P_DEFAULT, access.get()), H5Fclose};
    file.close();
    EXPECT_NE(refusal_of(bad_).find("Arraigo"), std::string::npos);
  }
}

TEST_F(DamagedRunFile, DataThatLieElsewhereAreRefused) {
  hsize_t const extents[2]{4, 3};
  Hid const space{H5Screate_simple(2, extents, nullptr), H5Sclose};
  struct Case {
    char const* what;
    std::function<void(hid_t)> fill;
  };
  write_text(folder_ / "secret", std::string(4096, 's'));
  std::vector<Case> const cases{
      {"external link",
       [&](hid_t file) {
         checked(H5Lcreate_external(good_.c_str(), "adults", file, "extra", H5P_DEFAULT, H5P_DEFAULT));
       }},
      {"soft link", [&](hid_t file) { checked(H5Lcreate_soft("/adults", file, "extra", H5P_DEFAULT, H5P_DEFAULT)); }},
      {"group",
       [&](hid_t file) {
         Hid const group{H5Gcreate2(file, "extra", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose};
       }},
      {"external storage",
       [&](hid_t file) {
         Hid const creation{H5Pcreate(H5P_DATASET_CREATE), H5Pclose};
         checked(H5Pset_external(creation.get(), (folder_ / "secret").c_str(), 0, 4096));
         Hid const id{H5Dcreate2(file, "extra", H5T_STD_I64LE, space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
                      H5Dclose};
       }},
      {"virtual",
       [&](hid_t file) {
         Hid const creation{H5Pcreate(H5P_DATASET_CREATE), H5Pclose};
         checked(H5Pset_virtual(creation.get(), space.get(), good_.c_str(), "adults", space.get()));
         Hid const id{H5Dcreate2(file, "extra", H5T_STD_I64LE, space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
                      H5Dclose};
       }},
      {"never written",
       [&](hid_t file) {
         Hid const creation{H5Pcreate(H5P_DATASET_CREATE), H5Pclose};
         checked(H5Pset_chunk(creation.get(), 2, extents));
         Hid const id{H5Dcreate2(file, "extra", H5T_STD_I64LE, space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
                      H5Dclose};
       }},
      {"oversized",
       [&](hid_t file) {
         hsize_t const huge[2]{hsize_t{1} << 40U, hsize_t{1} << 40U};
         hsize_t const chunk[2]{1, 8};
         Hid const huge_space{H5Screate_simple(2, huge, nullptr), H5Sclose};
         Hid const creation{H5Pcreate(H5P_DATASET_CREATE), H5Pclose};
         checked(H5Pset_chunk(creation.get(), 2, chunk));
         Hid const id{
             H5Dcreate2(file, "extra", H5T_STD_I64LE, huge_space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
             H5Dclose};
       }},
      {"doubles",
       [&](hid_t file) {
         Hid const id{H5Dcreate2(file, "extra", H5T_IEEE_F64LE, space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                      H5Dclose};
       }},
      {"other filter",
       [&](hid_t file) {
         Hid const creation{H5Pcreate(H5P_DATASET_CREATE), H5Pclose};
         checked(H5Pset_chunk(creation.get(), 2, extents));
         checked(H5Pset_nbit(creation.get()));
         Hid const id{H5Dcreate2(file, "extra", H5T_STD_I64LE, space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
                      H5Dclose};
         std::int64_t const values[12]{};
         checked(H5Dwrite(id.get(), H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, values));
       }},
  };
  for (auto const& [what, fill] : cases) {
    std::filesystem::copy_file(good_, bad_, std::filesystem::copy_options::overwrite_existing);
    craft(bad_, fill);
    EXPECT_NE(refusal_of(bad_).find("extra"), std::string::npos) << what;
    auto const damages = analysis::verify(bad_);
    EXPECT_TRUE(std::any_of(damages.begin(), damages.end(), [](auto const& damage) {
      return damage.dataset == "extra";
    })) << what;
  }
}

TEST_F(DamagedRunFile, ADataSetThatIsGoneIsNoticed) {
  std::filesystem::copy_file(good_, bad_);
  craft(bad_, [](hid_t file) {
    {
      Hid const gone{H5Dopen2(file, "refused", H5P_DEFAULT), H5Dclose};
      for (unsigned axis = 0; axis < 2; ++axis) {
        Hid const scale{H5Dopen2(file, axis == 0 ? "replicate" : "time", H5P_DEFAULT), H5Dclose};
        checked(H5DSdetach_scale(gone.get(), scale.get(), axis));
      }
    }
    checked(H5Ldelete(file, "refused", H5P_DEFAULT));
  });
  auto const damages = analysis::verify(bad_);
  ASSERT_EQ(damages.size(), 1U);
  EXPECT_EQ(damages[0].dataset, "");
}

TEST(ReadingInAChild, WhoStallsIsEndedWithASentenceAndLeavesNoProcess) {
  using namespace std::chrono_literals;
  auto const begun = std::chrono::steady_clock::now();
  try {
    analysis::try_in_child("stalls.h5", {300ms, 60s}, [] {
      for (;;) ::pause();
    });
    FAIL() << "it came back";
  } catch (InputError const& error) {
    EXPECT_NE(std::string{error.what()}.find("stalls.h5"), std::string::npos) << error.what();
    EXPECT_NE(std::string{error.what()}.find(" 1 s"), std::string::npos) << error.what();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 20s);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "the child is still there";

  // One that writes all the time and never ends is ended as well.
  auto const endless = analysis::run_in_child({300ms, 60s}, [](auto const& write) {
    for (;;) write("x");
  });
  EXPECT_TRUE(endless.too_slow);
  EXPECT_FALSE(endless.finished);
  auto const quick = analysis::run_in_child({60s, 60s}, [](auto const& write) { write("done"); });
  EXPECT_TRUE(quick.finished && !quick.too_slow && quick.output == "done");
}

TEST(ReadingInAChild, WhoCrashesTakesNobodyAlongAndTheFileIsNamed) {
  std::vector<std::function<void()>> const ways{[] { ::raise(SIGSEGV); }, [] { ::raise(SIGBUS); }, [] { ::raise(SIGKILL); },
                                                [] { std::abort(); }, [] { throw std::runtime_error("of the library"); }};
  for (std::size_t way = 0; way < ways.size(); ++way) {
    try {
      analysis::try_in_child("crafted.h5", ways[way]);
      ADD_FAILURE() << "way " << way << " came back";
    } catch (InputError const& error) {
      EXPECT_NE(std::string{error.what()}.find("crafted.h5"), std::string::npos) << error.what();
    }
  }
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is still there";
}

TEST(ReadingInAChild, ALargerFileHasMoreTime) {
  using namespace std::chrono_literals;
  sample::Folder const folder;
  write_text(folder / "a", "");
  for (auto const* name : {"a", "nothing"}) {
    EXPECT_EQ(analysis::time_to_read(folder / name).wall, 5min);
    EXPECT_EQ(analysis::time_to_read(folder / name).processor, 10s);
  }
  std::filesystem::resize_file(folder / "a", 500'000'000);
  EXPECT_EQ(analysis::time_to_read(folder / "a").wall, 800s);
  EXPECT_EQ(analysis::time_to_read(folder / "a").processor, 35s);
}

TEST(ReadingInAChild, WhoIsBusyForEverIsEndedByItsProcessorTime) {
  using namespace std::chrono_literals;
  auto const begun = std::chrono::steady_clock::now();
  auto const busy = analysis::run_in_child({5min, 1s}, [](auto const&) {
    for (std::atomic<int> turns{0};;) ++turns;
  });
  EXPECT_TRUE(busy.too_slow);
  EXPECT_FALSE(busy.finished);
  EXPECT_EQ(busy.given, 1s);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 2min);
}

}  // namespace
}  // namespace arraigo
