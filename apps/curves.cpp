#include "apps/curves.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "apps/terminal.hpp"
#include "engine/report/axis.hpp"
#include "engine/report/smoothing.hpp"

namespace gradrace {
namespace {

constexpr Index kColumns = 28, kRows = 6;  // of a panel, in characters
constexpr std::size_t kMostPanels = 8;

struct Panel {
  std::string label;
  std::vector<double> losses;
};

/// The first run of each label, as far as its smoothed loss has a logarithm.
std::vector<Panel> panels_of(std::span<const RunResult> runs) {
  std::vector<Panel> panels;
  for (const RunResult& run : runs) {
    const auto same = [&](const Panel& panel) { return panel.label == run.label; };
    if (panels.size() == kMostPanels || std::ranges::any_of(panels, same)) continue;
    std::vector<double> losses = smoothed(run.step_loss);
    losses.erase(std::ranges::find_if(losses, [](double x) { return !std::isfinite(x) || x <= 0; }), losses.end());
    if (!losses.empty()) panels.push_back({run.label, std::move(losses)});
  }
  return panels;
}

/// A grid of dots that becomes rows of characters.
class Canvas {
 public:
  explicit Canvas(Dots dots)
      : dots_(dots), across_(dots == Dots::kBraille ? 2 : 1), down_(dots == Dots::kBraille ? 4 : 3) {}

  Index width() const { return kColumns * across_; }
  Index height() const { return kRows * down_; }
  /// Sets the dots of column x from row y to row z, whichever is higher up.
  void set(Index x, Index y, Index z) {
    for (Index row = std::min(y, z); row <= std::max(y, z); ++row)
      cells_[row / down_][x / across_] |= 1u << (row % down_ + down_ * (x % across_));
  }
  std::string row(Index row) const {
    std::string text;
    for (const unsigned dots : cells_[row])
      text += dots_ == Dots::kBraille ? braille(dots) : std::string(1, ascii(dots));
    return text;
  }

 private:
  /// U+2800 and the dots, which Unicode numbers 1 2 3 7 down the left column and 4 5 6 8 down the right one.
  static std::string braille(unsigned dots) {
    constexpr unsigned kBits[] = {0x01, 0x02, 0x04, 0x40, 0x08, 0x10, 0x20, 0x80};
    unsigned pattern = 0;
    for (unsigned i = 0; i < 8; ++i)
      if (dots >> i & 1) pattern |= kBits[i];
    return {char(0xe2), char(0xa0 | pattern >> 6), char(0x80 | (pattern & 0x3f))};
  }
  static char ascii(unsigned dots) { return " '-|.||||"[dots]; }

  Dots dots_;
  Index across_, down_;
  unsigned cells_[kRows][kColumns] = {};
};

Canvas draw(const std::vector<double>& losses, std::size_t longest, const Axis& axis, Dots dots) {
  Canvas canvas(dots);
  const auto steps = double(longest) / double(canvas.width());  // in a column
  Index before = -1;
  for (Index x = 0; x < canvas.width(); ++x) {
    const auto step = std::size_t((double(x) + 1) * steps - 0.5);
    if (step >= losses.size()) break;
    const auto y = Index(std::lround((1 - axis.place(losses[step])) * double(canvas.height() - 1)));
    canvas.set(x, y, before < 0 ? y : before + (y > before) - (y < before));
    before = y;
  }
  return canvas;
}

}  // namespace

std::string loss_curves(std::span<const RunResult> runs, Dots dots) {
  const std::vector<Panel> panels = panels_of(runs);
  if (panels.empty()) return {};
  double low = INFINITY, high = 0;
  std::size_t longest = 0;
  for (const Panel& panel : panels) {
    low = std::min(low, std::ranges::min(panel.losses));
    high = std::max(high, std::ranges::max(panel.losses));
    longest = std::max(longest, panel.losses.size());
  }
  const Axis axis(low, high, Scale::kLogarithmic);
  std::string text =
      fmt::format("\n{}\n", bold(fmt::format("Training loss, mean of the last {} steps", kConvergenceWindow)));
  const auto line = [&](std::size_t first, const auto& cell) {
    std::string both = cell(first);
    if (first + 1 < panels.size()) both += "  " + cell(first + 1);
    text += both.substr(0, both.find_last_not_of(' ') + 1) + "\n";
  };
  for (std::size_t first = 0; first < panels.size(); first += 2) {
    std::vector<Canvas> canvases;
    for (const Panel& panel : panels) canvases.push_back(draw(panel.losses, longest, axis, dots));
    line(first,
         [&](std::size_t i) { return fmt::format("{:>8}  {:<{}.{}}", "", panels[i].label, kColumns, kColumns); });
    for (Index row = 0; row < kRows; ++row) {
      const std::string label = row == 0           ? fmt::format("{:.3g}", high)
                                : row == kRows - 1 ? fmt::format("{:.3g}", low)
                                                   : "";
      line(first, [&](std::size_t i) { return fmt::format("{:>8}  {}", label, canvases[i].row(row)); });
    }
    line(first, [&](std::size_t) { return fmt::format("{:>8}  step 1{:>{}}", "", longest, kColumns - 6); });
  }
  return text;
}

}  // namespace gradrace
