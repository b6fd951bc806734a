#include "viz/failure_sentences.hpp"

#include <new>

#include "core/input_errors.hpp"

namespace arraigo::viz {

std::vector<std::string> sentences_of(std::exception_ptr const& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (InputError const& error) {
    return error.sentences();
  } catch (MachineError const& error) {
    return {error.what()};
  } catch (std::bad_alloc const&) {
    return {say(Message::app_out_of_memory)};
  } catch (std::exception const& error) {
    return {say(Message::app_bug, error.what())};
  }
}

}  // namespace arraigo::viz
