#include "engine/report/trace.hpp"

#include <cmath>
#include <system_error>

#include <nlohmann/json.hpp>

#include "engine/files/atomic_file.hpp"
#include "engine/files/replaceable.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

/// In microseconds, to the nanosecond.
double microseconds(double seconds) {
  return std::round(seconds * 1e9) / 1e3;
}

ordered_json lane_name(std::size_t lane) {
  return {{"name", "thread_name"},
          {"ph", "M"},
          {"pid", 1},
          {"tid", lane},
          {"args", {{"name", fmt::format("worker {}", lane)}}}};
}

}  // namespace

std::string trace_json(const Trace& trace, const std::string& notice) {
  ordered_json events = ordered_json::array();
  for (std::size_t lane = 0; lane < trace.lanes.size(); ++lane) {
    events.push_back(lane_name(lane));
    for (const auto& [stage, begin, end] : trace.lanes[lane]) {
      const StageSeconds& what = trace.stages[std::size_t(stage)];
      events.push_back({{"name", what.name},
                        {"cat", name(what.phase)},
                        {"ph", "X"},
                        {"pid", 1},
                        {"tid", lane},
                        {"ts", microseconds(begin)},
                        {"dur", microseconds(end - begin)}});
    }
  }
  ordered_json json = {{"displayTimeUnit", "ns"}, {"traceEvents", events}};
  if (!notice.empty()) json["otherData"] = {{"notice", notice}};
  return json.dump() + "\n";
}

TraceWriter::TraceWriter(fs::path file) : file_(std::move(file)) {
  expect_replaceable(file_, "\"traceEvents\"");
  expect_writable(file_);
}

void TraceWriter::run_ended(const RaceResult& race) {
  if (race.runs.size() == 1) write_atomically(file_, trace_json(race.trace, notice_));
}

}  // namespace gradrace
