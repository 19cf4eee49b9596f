#include "engine/data/digits.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "engine/data/digit_glyphs.hpp"

namespace gradrace {
namespace {

constexpr Index kSide = 28, kDigits = 10;
constexpr std::uint64_t kSeed = 0x6772616472616365;  // of the whole set

// How much handwriting varies. Lengths in glyph units (a digit is 100 high) unless they say pixels.
constexpr float kPointJitter = 16, kBend = 0.5f, kSlant = 0.7f, kTurn = 0.45f, kStretch = 0.3f;
constexpr float kMinPen = 0.8f, kMaxPen = 1.9f;      // radius, pixels
constexpr float kMinSoft = 0.9f, kMaxSoft = 1.7f;    // width of the edge, pixels
constexpr float kMinSize = 16.5f, kMaxSize = 20.5f;  // the longer side, pixels
constexpr float kShift = 1;                          // pixels
constexpr float kGrain = 0.06f;                      // noise on the ink
constexpr int kSegments = 3;                         // line segments between two glyph points

struct Point {
  float x, y;
};
struct Segment {
  Point from, to;
};

/// The SplitMix64 generator: its whole state is one integer, so every image has its own at no cost.
class Random {
 public:
  explicit Random(std::uint64_t state) : state_(state) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  /// 0 to n-1.
  std::uint64_t below(std::uint64_t n) { return (next() >> 32) * n >> 32; }
  /// Uniform in [low, high).
  float between(float low, float high) { return low + (high - low) * (static_cast<float>(next() >> 40) * 0x1p-24f); }
  /// Bell-shaped in (-width, width).
  float about(float width) { return 0.5f * (between(-width, width) + between(-width, width)); }

 private:
  std::uint64_t state_;
};

/// The curve between b and c of a path a, b, c, d, at t in [0, 1]: Catmull-Rom, with no speed at corners.
Point curve(const GlyphPoint& a, const GlyphPoint& b, const GlyphPoint& c, const GlyphPoint& d, float t) {
  const float u = 1 - t, b_weight = u * u * (1 + 2 * t), c_weight = t * t * (3 - 2 * t);
  const float b_speed = b.corner ? 0 : 0.5f * t * u * u, c_speed = c.corner ? 0 : -0.5f * t * t * u;
  return {b_weight * b.x + c_weight * c.x + b_speed * (c.x - a.x) + c_speed * (d.x - b.x),
          b_weight * b.y + c_weight * c.y + b_speed * (c.y - a.y) + c_speed * (d.y - b.y)};
}

/// The line segments of a glyph as one hand wrote it once, in glyph units.
std::vector<Segment> write(const Glyph& glyph, Random& random) {
  std::vector<Segment> segments;
  for (GlyphStroke stroke : glyph) {
    for (GlyphPoint& point : stroke) {
      point.x += random.about(kPointJitter);
      point.y += random.about(kPointJitter);
    }
    const std::size_t last = stroke.size() - 1;
    Point from = {stroke[0].x, stroke[0].y};
    for (std::size_t i = 0; i < last; ++i) {
      for (int k = 1; k <= kSegments; ++k) {
        const Point to = curve(stroke[i > 0 ? i - 1 : 0], stroke[i], stroke[i + 1], stroke[std::min(i + 2, last)],
                               static_cast<float>(k) / kSegments);
        segments.push_back({from, to});
        from = to;
      }
    }
  }
  return segments;
}

template <class F>
void move_points(std::vector<Segment>& segments, F&& place) {
  for (Segment& segment : segments) segment = {place(segment.from), place(segment.to)};
}

/// Bends, slants, stretches and turns the writing.
void deform(std::vector<Segment>& segments, Random& random) {
  const float bend_x = random.about(kBend), bend_y = random.about(kBend), slant = random.about(kSlant);
  const float stretch = 0.85f + random.about(kStretch);
  const float half_turn = 0.5f * random.about(kTurn), norm = 1 / (1 + half_turn * half_turn);
  const float cosine = (1 - half_turn * half_turn) * norm, sine = 2 * half_turn * norm;
  move_points(segments, [&](Point p) {
    const float u = (p.x - 50) / 50, v = (p.y - 50) / 50;
    const float x = stretch * (u + bend_x * v * v - slant * v), y = v + bend_y * u * u;
    return Point{cosine * x - sine * y, sine * x + cosine * y};
  });
}

/// Scales the writing to its size in pixels, pen included, and brings its centre of mass to the middle of the image.
void fit(std::vector<Segment>& segments, float size, Random& random) {
  Point low = segments[0].from, high = low, mass = {0, 0};
  float length = 0;
  for (const Segment& s : segments) {
    low = {std::min(low.x, s.to.x), std::min(low.y, s.to.y)};
    high = {std::max(high.x, s.to.x), std::max(high.y, s.to.y)};
    const float dx = s.to.x - s.from.x, dy = s.to.y - s.from.y, weight = std::sqrt(dx * dx + dy * dy);
    mass.x += weight * 0.5f * (s.from.x + s.to.x);
    mass.y += weight * 0.5f * (s.from.y + s.to.y);
    length += weight;
  }
  const float scale = size / std::max(high.x - low.x, high.y - low.y);
  const float x = 0.5f * kSide + random.about(kShift) - scale * mass.x / length;
  const float y = 0.5f * kSide + random.about(kShift) - scale * mass.y / length;
  move_points(segments, [&](Point p) { return Point{x + scale * p.x, y + scale * p.y}; });
}

/// The squared distance of every pixel's centre from the nearest segment, as far as `reach`; beyond, anything larger.
std::array<float, kSide * kSide> squared_distances(const std::vector<Segment>& segments, float reach) {
  std::array<float, kSide * kSide> distances;
  distances.fill(kSide * kSide);
  const auto pixel = [](float at) { return static_cast<int>(std::clamp(at, 0.0f, float{kSide})); };
  for (const auto& [from, to] : segments) {
    const float dx = to.x - from.x, dy = to.y - from.y, scale = 1 / (dx * dx + dy * dy + 1e-12f);
    const int left = pixel(std::min(from.x, to.x) - reach), right = pixel(std::max(from.x, to.x) + reach + 1);
    const int top = pixel(std::min(from.y, to.y) - reach), bottom = pixel(std::max(from.y, to.y) + reach + 1);
    for (int row = top; row < bottom; ++row) {
      const float y = static_cast<float>(row) + 0.5f - from.y;
      for (int column = left; column < right; ++column) {
        const float x = static_cast<float>(column) + 0.5f - from.x;
        const float along = (x * dx + y * dy) * scale;
        const float t = 0.5f * (std::fabs(along) - std::fabs(along - 1) + 1);  // clamped to [0, 1] without a branch
        const float ex = x - t * dx, ey = y - t * dy;
        float& distance = distances[static_cast<std::size_t>(row * kSide + column)];
        distance = std::min(distance, ex * ex + ey * ey);
      }
    }
  }
  return distances;
}

void draw(Index digit, std::span<std::uint8_t> pixels, Random& random) {
  const std::vector<Glyph>& glyphs = digit_glyphs(digit);
  std::vector<Segment> segments = write(glyphs[random.below(glyphs.size())], random);
  deform(segments, random);
  const float pen = random.between(kMinPen, kMaxPen), soft = random.between(kMinSoft, kMaxSoft);
  fit(segments, random.between(kMinSize, kMaxSize) - 2 * pen, random);
  const float ink = random.between(220, 275), reach = pen + 0.5f * soft;
  const auto distances = squared_distances(segments, reach);
  for (std::size_t i = 0; i < distances.size(); ++i) {
    if (distances[i] >= reach * reach) continue;
    const float cover = std::min((reach - std::sqrt(distances[i])) / soft, 1.0f);
    pixels[i] =
        static_cast<std::uint8_t>(std::clamp(ink * cover * (1 + random.between(-kGrain, kGrain)), 0.0f, 255.0f));
  }
}

}  // namespace

ImageSet draw_digits(DigitsPart part) {
  const Index count = part == DigitsPart::kTrain ? kDigitsTrain : kDigitsTest;
  ImageSet set{.count = count, .height = kSide, .width = kSide, .classes = kDigits};
  set.pixels.resize(static_cast<std::size_t>(count * kSide * kSide));
  set.labels.resize(static_cast<std::size_t>(count));
  const Index first = part == DigitsPart::kTrain ? 0 : kDigitsTrain;
  for (Index i = 0; i < count; ++i) {
    Random random(Random(kSeed + static_cast<std::uint64_t>(first + i)).next());
    const std::uint64_t digit = random.below(kDigits);
    set.labels[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(digit);
    draw(static_cast<Index>(digit),
         std::span(set.pixels).subspan(static_cast<std::size_t>(i * kSide * kSide), kSide * kSide), random);
  }
  return set;
}

}  // namespace gradrace
