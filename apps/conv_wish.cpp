#include "apps/conv_wish.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

namespace gradrace {

void ConvWish::run_began(const RaceResult& race) {
  if (!wish_ || race.runs.size() > 1) return;  // the layers are the same in all runs
  std::vector<std::string> others;
  bool granted = false;
  for (const auto& [layer, used] : race.runs.back().kernels) {
    if (used.method == wish_)
      granted = true;
    else
      others.push_back(fmt::format("{} runs {}", layer, kernels::name(used.method)));
  }
  const char* wish = kernels::name(*wish_);
  if (others.empty() && !granted)
    spdlog::warn("--conv {} has no effect: the network has no convolution", wish);
  else if (!others.empty())
    spdlog::warn("--conv {} suits {}: {} instead", wish, granted ? "not every layer" : "no layer",
                 fmt::join(others, ", "));
}

}  // namespace gradrace
