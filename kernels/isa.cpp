#include "kernels/isa.hpp"

#include "kernels/table.hpp"

namespace gradrace::kernels {

// simd_candidates.inc, which the build writes: GRADRACE_CANDIDATE(name, whether it can run) for each instruction set
// that kernels were compiled for (platform/), the best first.
#define GRADRACE_CANDIDATE(name, supported) extern const KernelTable table_##name;
#include "simd_candidates.inc"
#undef GRADRACE_CANDIDATE

namespace {

struct Candidate {
  const KernelTable* table;
  bool (*supported)();
};

constexpr Candidate kCandidates[] = {
#define GRADRACE_CANDIDATE(name, supported) {&table_##name, [] { return bool(supported); }},
#include "simd_candidates.inc"
#undef GRADRACE_CANDIDATE
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
