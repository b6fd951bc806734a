/// SIGINT, SIGTERM and, unless it was ignored, SIGHUP ask the run to stop at the month's end. The same signal again ends the
/// process at once.
#pragma once

namespace arraigo::app {

void catch_stop_signals();
[[nodiscard]] bool stop_requested();

}  // namespace arraigo::app
