#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <thread>

#include "analysis/info.hpp"
#include "core/errors.hpp"
#include "record/file_publish.hpp"
#include "tests/unit/run_file_sample.hpp"

namespace arraigo {
namespace {

std::string content_of(std::filesystem::path const& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void write_text(std::filesystem::path const& path, std::string const& text) {
  std::ofstream{path, std::ios::binary} << text;
}

void publish(
    std::filesystem::path const& target, std::string const& text, bool replace,
    std::function<void(std::filesystem::path const&)> const& verify = [](std::filesystem::path const&) {}) {
  publish_file(target, std::as_bytes(std::span{text.data(), text.size()}), replace, verify);
}

std::vector<std::string> names_in(std::filesystem::path const& folder) {
  std::vector<std::string> names;
  for (auto const& entry : std::filesystem::directory_iterator{folder})
    names.push_back(entry.path().filename().string());
  return names;
}

TEST(PublishFile, TheTemporaryIsHiddenWholeAndNoResultByName) {
  sample::Folder const folder;
  bool verified = false;
  publish(folder / "a.h5", "content", false, [&](std::filesystem::path const& temporary) {
    verified = true;
    std::string const name = temporary.filename().string();
    EXPECT_EQ(name.front(), '.');
    EXPECT_FALSE(name.ends_with(".h5"));
    EXPECT_EQ(temporary.parent_path(), folder.path());
    EXPECT_EQ(content_of(temporary), "content");
    EXPECT_FALSE(std::filesystem::exists(folder / "a.h5"));
  });
  EXPECT_TRUE(verified);
  EXPECT_EQ(content_of(folder / "a.h5"), "content");
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"a.h5"});
}

TEST(PublishFile, ATakenNameIsNotOpened) {
  sample::Folder const folder;
  write_text(folder / "taken", "old");
  EXPECT_EQ(create_exclusively(folder / "taken"), -1);
  EXPECT_EQ(content_of(folder / "taken"), "old");
  // Nor is the target of a symbolic link created.
  std::filesystem::create_symlink(folder / "elsewhere", folder / "link");
  EXPECT_EQ(create_exclusively(folder / "link"), -1);
  EXPECT_FALSE(std::filesystem::exists(folder / "elsewhere"));
  int const fresh = create_exclusively(folder / "fresh");
  EXPECT_GE(fresh, 0);
  ::close(fresh);
}

TEST(PublishFile, ATargetThatAppearsWhileWritingIsKept) {
  sample::Folder const folder;
  EXPECT_THROW(publish(folder / "a.h5", "mine", false,
                       [&](std::filesystem::path const&) { write_text(folder / "a.h5", "theirs"); }),
               NameTaken);
  EXPECT_EQ(content_of(folder / "a.h5"), "theirs");
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"a.h5"});
}

TEST(PublishFile, AFailedVerificationPublishesNothingAndKeepsTheOldFile) {
  sample::Folder const folder;
  write_text(folder / "a.h5", "old");
  EXPECT_THROW(
      publish(folder / "a.h5", "new", true, [](std::filesystem::path const&) { throw MachineError("bad disk"); }),
      MachineError);
  EXPECT_EQ(content_of(folder / "a.h5"), "old");
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"a.h5"});
}

TEST(PublishFile, ANameOf255BytesStillGetsATemporary) {
  sample::Folder const folder;
  std::string const name = std::string(252, 'n') + ".h5";
  publish(folder / name, "content", false);
  EXPECT_EQ(content_of(folder / name), "content");
}

/// Exit code of a child that does `work`, or minus the signal that ended it.
template <class Work>
int in_child(Work&& work) {
  pid_t const child = ::fork();
  if (child == 0) {
    work();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(PublishFile, AWriterKilledBeforeTheEndLeavesNoFinalName) {
  sample::Folder const folder;
  int const outcome = in_child(
      [&] { publish(folder / "a.h5", "content", false, [](std::filesystem::path const&) { ::raise(SIGKILL); }); });
  EXPECT_EQ(outcome, -SIGKILL);
  auto const left = names_in(folder.path());
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].front(), '.');
  EXPECT_FALSE(left[0].ends_with(".h5"));
}

TEST(PublishFile, WhatAKilledWriterLeftIsRemovedByTheNextOne) {
  sample::Folder const folder;
  for (std::string const& name : {std::string{"a.h5"}, std::string(252, 'n') + ".h5"}) {
    in_child([&] { publish(folder / name, "first", false, [](std::filesystem::path const&) { ::raise(SIGKILL); }); });
    ASSERT_EQ(names_in(folder.path()).size(), 1U);
    publish(folder / name, "second", false);
    EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{name});
    std::filesystem::remove(folder / name);
  }
}

TEST(PublishFile, ALivingWritersTemporaryStays) {
  sample::Folder const folder;
  publish(folder / "a.h5", "outer", true, [&](std::filesystem::path const& mine) {
    publish(folder / "a.h5", "inner", true);
    EXPECT_EQ(content_of(mine), "outer");
    EXPECT_EQ(content_of(folder / "a.h5"), "inner");
  });
  EXPECT_EQ(content_of(folder / "a.h5"), "outer");
}

TEST(PublishFile, FilesThatAreNoTemporariesOfTheTargetStay) {
  sample::Folder const folder;
  std::vector<std::string> names{".a.h5.12.part", ".a.h5.x.1.part", ".b.h5.1.1.part",  ".a.h5..1.part",  ".1.1.part",
                                 "a.h5.1.1.part", ".part",          ".a.h5.1.1.part2", ".xa.h5.1.1.part"};
  for (auto const& name : names) write_text(folder / name, "theirs");
  publish(folder / "a.h5", "content", false);
  names.emplace_back("a.h5");
  auto left = names_in(folder.path());
  std::sort(left.begin(), left.end());
  std::sort(names.begin(), names.end());
  EXPECT_EQ(left, names);
}

TEST(RunFile, AFullDiskIsAMachineErrorThatLeavesNothing) {
  sample::Folder const folder;
  auto const layout = sample::layout();
  auto const records = sample::records(layout, 4);
  int const outcome = in_child([&] {
    // The limit makes write() fail part of the way, as a full disk does.
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit const limit{10000, 10000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    try {
      write_run_file(folder / "a.h5", layout, records, sample::attributes(), false);
    } catch (MachineError const& error) {
      ::_exit(std::string{error.what()}.find("a.h5") != std::string::npos ? 7 : 8);
    }
  });
  EXPECT_EQ(outcome, 7);
  EXPECT_TRUE(names_in(folder.path()).empty());
}

TEST(RunFile, ATakenNameIsToldApartFromAFailureOfTheMachine) {
  sample::Folder const folder;
  auto const layout = sample::layout();
  auto const write = [&](std::int64_t shift) {
    write_run_file(folder / "a.h5", layout, sample::records(layout, 2, shift), sample::attributes(), false);
  };
  write(0);
  auto const before = content_of(folder / "a.h5");
  EXPECT_THROW(write(1), NameTaken);
  EXPECT_EQ(content_of(folder / "a.h5"), before);
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"a.h5"});
}

TEST(RunFile, AWriterKilledAtAnyInstantLeavesTheOldFileOrTheNewOne) {
  sample::Folder const folder;
  auto const layout = sample::layout();
  auto const target = folder / "a.h5";
  auto const started = std::chrono::steady_clock::now();
  write_run_file(target, layout, sample::records(layout, 2), sample::attributes(), false);
  auto const one_write = std::chrono::steady_clock::now() - started;
  int replaced = 0;
  for (int round = 0; round < 20; ++round) {
    auto const before = content_of(target);
    pid_t const child = ::fork();
    if (child == 0) {
      for (int i = 0;; ++i)
        write_run_file(target, layout, sample::records(layout, 2, round * 1000 + i), sample::attributes(), true);
    }
    std::this_thread::sleep_for(one_write * (round + 1) / 4);  // from a quarter of a write to five
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ASSERT_TRUE(analysis::verify(target).empty()) << "round " << round;
    if (content_of(target) != before) ++replaced;
  }
  // Without replacements in between, nothing would have been tried.
  EXPECT_GT(replaced, 0);
  for (auto const& name : names_in(folder.path())) EXPECT_TRUE(name == "a.h5" || name.front() == '.') << name;
  write_run_file(target, layout, sample::records(layout, 2), sample::attributes(), true);
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"a.h5"});
}

}  // namespace
}  // namespace arraigo
