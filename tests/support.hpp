#pragma once
/// What the kernel tests share: random data, memory that notices every stray access, comparisons with derived
/// tolerances, and tests that run on every instruction set.

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <ostream>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/isa.hpp"
#include "kernels/shapes.hpp"

namespace gradrace::kernels {

inline constexpr double kEpsilon = std::numeric_limits<float>::epsilon();
inline constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
inline constexpr float kInfinity = std::numeric_limits<float>::infinity();
inline constexpr float kUntouched = std::bit_cast<float>(0xffffffffu);  ///< what fresh outputs hold: a NaN

/// A test that runs once on each instruction set that this CPU has.
class EveryIsa : public testing::TestWithParam<Isa> {
 protected:
  const Isa& isa() const { return GetParam(); }
};
inline void PrintTo(const Isa& isa, std::ostream* out) {
  *out << isa.name();
}

inline std::string isa_name(const testing::TestParamInfo<Isa>& test) {
  return std::string(test.param.name());
}

#define GRADRACE_ON_EVERY_ISA(suite) INSTANTIATE_TEST_SUITE_P(, suite, testing::ValuesIn(Isa::available()), isa_name)

/// Lengths around everything that a kernel may treat specially: vectors, panels, and neither.
inline std::vector<Index> lengths(const Isa& isa) {
  return {1, isa.lanes() - 1, isa.lanes(), isa.lanes() + 1, 15, 16, 17, 37};
}

/// Random data; the seed is that of GRADRACE_TEST_SEED (default 1), so that a failure can be repeated.
class Random {
 public:
  Random() : engine_(seed()) {}
  static unsigned seed() {
    const char* text = std::getenv("GRADRACE_TEST_SEED");
    return text ? unsigned(std::strtoul(text, nullptr, 10)) : 1;
  }
  /// A whole number in [low, high].
  Index between(Index low, Index high) { return std::uniform_int_distribution<Index>(low, high)(engine_); }
  std::vector<float> numbers(Index n, float low = -1, float high = 1) {
    std::uniform_real_distribution<float> distribution(low, high);
    std::vector<float> values(n, 0.0f);
    for (float& v : values) v = distribution(engine_);
    return values;
  }
  /// Small whole numbers: many are equal, and many are zero.
  std::vector<float> whole_numbers(Index n, Index low, Index high) {
    std::vector<float> values(n, 0.0f);
    for (float& v : values) v = float(between(low, high));
    return values;
  }
  /// Overwrites some of the values with NaN and infinities.
  void spoil(std::vector<float>& values) {
    for (float& v : values)
      if (between(0, 40) == 0) v = std::vector{kNan, kInfinity, -kInfinity}[between(0, 2)];
  }

 private:
  std::mt19937 engine_;
};

/// Whether buffers begin after the inaccessible page instead of ending at one: GRADRACE_TEST_GUARD=before. ctest runs
/// the tests of each instruction set once more like this.
inline bool guarded_before() {
  static const char* const side = std::getenv("GRADRACE_TEST_GUARD");
  return side && std::string(side) == "before";
}

/// n elements between inaccessible pages, at the end of what lies between, or `slack` elements before it (which makes
/// them misaligned); where guarded_before(), at its beginning or `slack` elements after it. They and everything around
/// them start as bytes 0xff, which as a float is a NaN; what lies around must still be so at the end.
template <class T>
class Guarded {
 public:
  explicit Guarded(Index n, Index slack = 0) : size_(n) {
    const Index page = sysconf(_SC_PAGESIZE), inside = round_up((n + slack) * Index(sizeof(T)), page);
    map_size_ = inside + 2 * page;
    void* map = mmap(nullptr, map_size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED) std::abort();
    map_ = static_cast<unsigned char*>(map);
    begin_ = map_ + page;
    end_ = begin_ + inside;
    data_ = guarded_before() ? reinterpret_cast<T*>(begin_) + slack : reinterpret_cast<T*>(end_) - slack - n;
    allow(PROT_READ | PROT_WRITE);
    std::memset(begin_, 0xff, inside);
  }
  Guarded(const std::vector<T>& values, Index slack) : Guarded(Index(values.size()), slack) {
    std::copy(values.begin(), values.end(), data_);
  }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  ~Guarded() {
    const auto is_fresh = [](unsigned char byte) { return byte == 0xff; };
    EXPECT_TRUE(std::all_of(begin_, reinterpret_cast<unsigned char*>(data_), is_fresh)) << "written before the start";
    EXPECT_TRUE(std::all_of(reinterpret_cast<unsigned char*>(data_ + size_), end_, is_fresh)) << "written past the end";
    munmap(map_, map_size_);
  }
  Index size() const { return size_; }

 protected:
  void allow(int access) { mprotect(begin_, end_ - begin_, access); }
  T* data_;

 private:
  Index size_;
  std::size_t map_size_;
  unsigned char *map_, *begin_, *end_;
};

/// What a kernel writes: NaN unless initial values are given.
template <class T = float>
struct Output : Guarded<T> {
  explicit Output(Index n, Index slack = 0) : Guarded<T>(n, slack) {}
  explicit Output(const std::vector<T>& initial, Index slack = 0) : Guarded<T>(initial, slack) {}
  T* data() { return this->data_; }
  std::span<T> span() { return {this->data_, std::size_t(this->size())}; }
  std::vector<T> values() const { return {this->data_, this->data_ + this->size()}; }
};

/// What a kernel reads: a write to it stops the program.
template <class T = float>
struct Input : Guarded<T> {
  explicit Input(const std::vector<T>& values, Index slack = 0) : Guarded<T>(values, slack) { this->allow(PROT_READ); }
  const T* data() const { return this->data_; }
  std::span<const T> span() const { return {this->data_, std::size_t(this->size())}; }
};

/// Equal bits; one NaN is as good as another.
inline bool same_bits(float a, float b) {
  return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b) || (std::isnan(a) && std::isnan(b));
}
inline void expect_same_bits(std::span<const float> actual, std::span<const float> expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i)
    ASSERT_TRUE(same_bits(actual[i], expected[i]))
        << "element " << i << " of " << actual.size() << ": " << actual[i] << " instead of " << expected[i];
}

/// Within the tolerance; NaN and infinities exactly where they are expected.
inline bool is_close(double actual, double expected, double tolerance) {
  if (std::isnan(expected)) return std::isnan(actual);
  return actual == expected || std::abs(actual - expected) <= tolerance;
}
inline void expect_close(std::span<const float> actual, std::span<const double> expected,
                         std::span<const double> tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i)
    ASSERT_TRUE(is_close(actual[i], expected[i], tolerance[i]))
        << "element " << i << " of " << actual.size() << ": " << actual[i] << " instead of " << expected[i] << " +- "
        << tolerance[i];
}

/// A row-major matrix as panels, its columns padded with `padding`; and back.
inline std::vector<float> to_panels(const PanelMatrix& shape, const std::vector<float>& dense, float padding = 0.0f) {
  std::vector<float> panels(shape.floats(), padding);
  for (Index r = 0; r < shape.rows; ++r)
    for (Index c = 0; c < shape.cols; ++c) panels[shape.offset(r, c)] = dense[r * shape.cols + c];
  return panels;
}
inline std::vector<float> from_panels(const PanelMatrix& shape, std::span<const float> panels) {
  std::vector<float> dense;
  for (Index r = 0; r < shape.rows; ++r)
    for (Index c = 0; c < shape.cols; ++c) dense.push_back(panels[shape.offset(r, c)]);
  return dense;
}
inline void expect_padding_untouched(const PanelMatrix& shape, std::span<const float> panels) {
  for (Index r = 0; r < shape.rows; ++r)
    for (Index c = shape.cols; c < shape.panels() * kPanel; ++c)
      EXPECT_TRUE(same_bits(panels[shape.offset(r, c)], kUntouched)) << "padding of row " << r;
}

/// Rows of `width` values laid out `stride` apart, with NaN between them; and back, which checks that it is still
/// there.
inline std::vector<float> spread(const std::vector<float>& dense, Index width, Index stride) {
  const Index rows = width == 0 ? 0 : Index(dense.size()) / width;
  std::vector<float> strided(rows * stride, kNan);
  for (Index i = 0; i < rows * width; ++i) strided[i / width * stride + i % width] = dense[i];
  return strided;
}
inline std::vector<float> gather(std::span<const float> strided, Index width, Index stride) {
  std::vector<float> dense;
  for (Index i = 0; i < Index(strided.size()); ++i) {
    const float value = strided[i];
    if (i % stride < width) {
      dense.push_back(value);
    } else {
      EXPECT_TRUE(std::isnan(value)) << "written between two rows";
    }
  }
  return dense;
}

}  // namespace gradrace::kernels
