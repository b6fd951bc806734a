/// Writes the sample record of the unit tests as a run file, for readers in other languages: make_run_file FILE.
#include <exception>
#include <iostream>

#include "tests/unit/run_file_sample.hpp"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make_run_file FILE\n";
    return 2;
  }
  try {
    auto const layout = arraigo::sample::layout();
    arraigo::write_run_file(argv[1], layout, arraigo::sample::records(layout, 4), arraigo::sample::attributes(), false);
  } catch (std::exception const& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
