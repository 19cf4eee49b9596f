#pragma once
/// CPU time that the hypervisor gave to somebody else.

#include <cstdint>
#include <optional>

namespace gradrace {

/// Watches /proc/stat from its construction on.
class StealWatch {
 public:
  StealWatch() : begin_(read()) {}
  /// Percent of all CPUs' time so far that was stolen; nothing where Linux does not say, or before its clock has ticked
  /// (some 10 ms).
  std::optional<double> percent() const;

 private:
  struct Ticks {
    std::uint64_t all = 0, stolen = 0;
  };
  static std::optional<Ticks> read();

  std::optional<Ticks> begin_;
};

}  // namespace gradrace
