#include "engine/measuring/steal.hpp"

#include <fstream>
#include <string>

namespace gradrace {

std::optional<StealWatch::Ticks> StealWatch::read() {
  // "cpu user nice system idle iowait irq softirq steal guest guest_nice"; the guests' are counted in user already.
  constexpr int kFields = 8;
  std::ifstream file("/proc/stat");
  std::string word;
  Ticks ticks;
  if (!(file >> word) || word != "cpu") return std::nullopt;
  for (int field = 0; field < kFields; ++field) {
    if (!(file >> ticks.stolen)) return std::nullopt;
    ticks.all += ticks.stolen;
  }
  return ticks;
}

std::optional<double> StealWatch::percent() const {
  const std::optional<Ticks> now = read();
  if (!begin_ || !now || now->all <= begin_->all) return std::nullopt;
  return 100.0 * double(now->stolen - begin_->stolen) / double(now->all - begin_->all);
}

}  // namespace gradrace
