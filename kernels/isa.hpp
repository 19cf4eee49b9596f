#pragma once
/// Which instruction set the kernels run on. An Isa is a handle on one table of kernels; every kernel takes it as its
/// first argument. There is no global choice, so two of them can be used side by side (tests and benchmarks do).

#include <string_view>
#include <vector>

#include "kernels/base.hpp"

namespace gradrace::kernels {

struct KernelTable;

class Isa {
 public:
  /// The fastest one that this CPU and operating system can run.
  static Isa best();
  /// All built ones that this CPU can run, best first. Never empty: every CPU can run the last built.
  static const std::vector<Isa>& available();
  /// Names of all built ones, best first, whether or not this CPU can run them.
  static std::vector<std::string_view> built();

  std::string_view name() const;  ///< "sse2", "avx2", "avx512"; "neon" on 64-bit ARM
  Index lanes() const;            ///< floats in a vector
  const KernelTable& table() const { return *table_; }
  bool operator==(const Isa&) const = default;

 private:
  explicit Isa(const KernelTable* table) : table_(table) {}
  const KernelTable* table_;
};

}  // namespace gradrace::kernels
