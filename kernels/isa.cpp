#include "kernels/isa.hpp"

#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

struct Candidate {
  const KernelTable* table;
  bool (*supported)();  // the compiler's runtime, which also asks whether the operating system saves the registers
};

bool avx512_supported() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
}

constexpr Candidate kCandidates[] = {
    {&table_avx512, avx512_supported},
    {&table_avx2, [] { return bool(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")); }},
    {&table_sse2, [] { return true; }},
};

}  // namespace

const std::vector<Isa>& Isa::available() {
  static const std::vector<Isa> list = [] {
    std::vector<Isa> found;
    for (const Candidate& c : kCandidates)
      if (c.supported()) found.push_back(Isa(c.table));
    return found;
  }();
  return list;
}

Isa Isa::best() {
  return available().front();
}

std::vector<std::string_view> Isa::built() {
  std::vector<std::string_view> names;
  for (const Candidate& c : kCandidates) names.push_back(c.table->name);
  return names;
}

std::string_view Isa::name() const {
  return table_->name;
}
Index Isa::lanes() const {
  return table_->lanes;
}

}  // namespace gradrace::kernels
