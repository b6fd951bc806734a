#include <H5public.h>
#include <fmt/core.h>
#include <tbb/version.h>

#include <boost/version.hpp>
#include <iostream>

#include "app/commands.hpp"
#include "core/version.hpp"

namespace arraigo::app {

void print_version(bool verbose) {
  std::cout << fmt::format("arraigo {} ({})\n", version(), commit());
  if (!verbose) return;
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  std::string const sanitized = *sanitizers() == '\0' ? std::string{} : fmt::format(" (sanitizers: {})", sanitizers());
  std::cout << fmt::format("{}: {}{}\n", say(Message::app_version_build), build_type(), sanitized)
            << fmt::format("{}: {}\n", say(Message::app_version_compiler), compiler())
            << fmt::format("HDF5: {}.{}.{}\n", major, minor, release)
            << fmt::format("oneTBB: {}\n", TBB_runtime_version())
            << fmt::format("Boost: {}.{}.{}\n", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100)
            << fmt::format("fmt: {}.{}.{}\n", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100);
  std::cout << fmt::format("{}: {}\n", say(Message::app_version_packages), packages());
  try {
    Places const places = find_places(std::nullopt);
    std::cout << fmt::format("{}: {}\n", say(Message::app_version_data), places.data.string())
              << fmt::format("{}: {}\n", say(Message::app_version_scenarios), places.scenarios.string());
  } catch (InputError const& error) {
    std::cout << error.what() << '\n';
  }
}

}  // namespace arraigo::app
