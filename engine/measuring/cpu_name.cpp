#include "engine/measuring/cpu_name.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace gradrace {
namespace {

/// A kind of core, by the numbers in its register MIDR_EL1.
struct Core {
  int maker, part;
  const char* name;
};
/// From Linux (arch/arm64/include/asm/cputype.h) and util-linux (lscpu).
constexpr Core kCores[] = {
    {0x41, 0xd03, "Arm Cortex-A53"},     {0x41, 0xd05, "Arm Cortex-A55"},    {0x41, 0xd07, "Arm Cortex-A57"},
    {0x41, 0xd08, "Arm Cortex-A72"},     {0x41, 0xd09, "Arm Cortex-A73"},    {0x41, 0xd0a, "Arm Cortex-A75"},
    {0x41, 0xd0b, "Arm Cortex-A76"},     {0x41, 0xd0d, "Arm Cortex-A77"},    {0x41, 0xd41, "Arm Cortex-A78"},
    {0x41, 0xd44, "Arm Cortex-X1"},      {0x41, 0xd46, "Arm Cortex-A510"},   {0x41, 0xd47, "Arm Cortex-A710"},
    {0x41, 0xd48, "Arm Cortex-X2"},      {0x41, 0xd4d, "Arm Cortex-A715"},   {0x41, 0xd4e, "Arm Cortex-X3"},
    {0x41, 0xd80, "Arm Cortex-A520"},    {0x41, 0xd81, "Arm Cortex-A720"},   {0x41, 0xd82, "Arm Cortex-X4"},
    {0x41, 0xd0c, "Arm Neoverse-N1"},    {0x41, 0xd49, "Arm Neoverse-N2"},   {0x41, 0xd40, "Arm Neoverse-V1"},
    {0x41, 0xd4f, "Arm Neoverse-V2"},    {0x43, 0x0af, "Cavium ThunderX2"},  {0x46, 0x001, "Fujitsu A64FX"},
    {0x48, 0xd01, "HiSilicon TaiShan"},  {0x51, 0x001, "Qualcomm Oryon"},    {0x61, 0x022, "Apple M1 Icestorm"},
    {0x61, 0x023, "Apple M1 Firestorm"}, {0x61, 0x032, "Apple M2 Blizzard"}, {0x61, 0x033, "Apple M2 Avalanche"},
    {0xc0, 0xac3, "Ampere AmpereOne"},
};

std::string core_name(int maker, int part) {
  const auto known =
      std::ranges::find_if(kCores, [&](const Core& core) { return core.maker == maker && core.part == part; });
  return known != std::end(kCores) ? known->name : fmt::format("ARM maker {:#04x} part {:#05x}", maker, part);
}

}  // namespace

std::string cpu_name(std::istream&& cpuinfo) {
  std::vector<std::string> cores;
  int maker = 0;
  for (std::string line; std::getline(cpuinfo, line);) {
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos) continue;
    const std::string value = line.substr(colon + 2);
    if (line.starts_with("model name")) return value;
    if (line.starts_with("CPU implementer")) maker = int(std::strtol(value.c_str(), nullptr, 16));
    if (line.starts_with("CPU part")) cores.push_back(core_name(maker, int(std::strtol(value.c_str(), nullptr, 16))));
  }
  std::ranges::sort(cores);
  cores.erase(std::unique(cores.begin(), cores.end()), cores.end());
  return cores.empty() ? "unknown" : fmt::format("{}", fmt::join(cores, " + "));
}

}  // namespace gradrace
