#include "engine/report/figure.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "kernels/base.hpp"

namespace gradrace {
namespace {

// In units of the drawing, 5 to a millimetre: a text of 13 is 7.4 points high.
constexpr double kWidth = 430, kLeft = 64, kRight = 412, kTop = 10, kBottom = 220, kLineHeight = 17;
constexpr double kLetter = 8;      // width, of wide fonts
constexpr double kRoom = 0.04;     // above and below the lines, of their range
constexpr std::size_t kMarks = 8;  // on a line

struct Style {
  const char *colour, *dashes;
};
/// Okabe and Ito's colours, which the colour-blind can tell apart, without the lightest.
constexpr Style kStyles[] = {{"#0072b2", "none"},    {"#d55e00", "7 3"}, {"#009e73", "2 2"},
                             {"#cc79a7", "9 3 2 3"}, {"#000000", "4 2"}, {"#e69f00", "12 3"}};

const Style& style(std::size_t i) {
  return kStyles[i % std::size(kStyles)];
}

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text)
    if (c == '<')
      safe += "&lt;";
    else if (c == '&')
      safe += "&amp;";
    else
      safe += c;
  return safe;
}

/// The plotting area, its axes and the text around them.
class Drawing {
 public:
  Drawing(const Axis& x, const Axis& y) : x_(x), y_(y) {}

  double x(double value) const { return kLeft + (kRight - kLeft) * x_.place(value); }
  double y(double value) const { return kBottom - (kBottom - kTop) * y_.place(value); }

  template <class... T>
  void add(fmt::format_string<T...> format, T&&... parts) {
    body_ += fmt::format(format, std::forward<T>(parts)...) + "\n";
  }
  void text(double at_x, double at_y, const char* anchor, const std::string& text) {
    add(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>)", at_x, at_y, anchor, escaped(text));
  }
  void y_axis(const std::string& title) {
    for (const double tick : y_.ticks()) {
      add(R"(<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>)", kLeft, kRight, y(tick), y(tick));
      text(kLeft - 5, y(tick) + 4.5, "end", fmt::format("{:.4g}", tick));
    }
    add(R"~(<text transform="translate(13 {}) rotate(-90)" text-anchor="middle">{}</text>)~", (kTop + kBottom) / 2,
        escaped(title));
  }
  void x_axis(const std::string& title, bool whole) {
    for (const double tick : x_.ticks())
      if (!whole || tick == std::floor(tick)) x_label(x(tick), fmt::format("{:.6g}", tick));
    x_title(title);
  }
  void x_label(double at, const std::string& label) {
    add(R"(<line class="axis" x1="{0:.1f}" x2="{0:.1f}" y1="{1}" y2="{2}"/>)", at, kBottom, kBottom + 4);
    text(at, kBottom + kLineHeight, "middle", label);
  }
  void slanted_label(double at, const std::string& label) {
    add(R"~(<text transform="translate({:.1f} {}) rotate(-35)" text-anchor="end">{}</text>)~", at + 4, kBottom + 13,
        escaped(label));
    below_ = std::max(below_, kBottom + 10 + 0.574 * kLetter * double(label.size()));  // sin 35 degrees
  }
  void x_title(const std::string& title) {
    add(R"(<line class="axis" x1="{}" x2="{}" y1="{}" y2="{}"/>)", kLeft, kRight, kBottom, kBottom);
    if (!title.empty()) text((kLeft + kRight) / 2, below_ += kLineHeight, "middle", title);
  }
  /// Below the axes: an entry for each label, then the note. sample(i, x, y) draws what stands before an entry.
  template <class Sample>
  void legend(const std::vector<std::string>& labels, const std::string& note, const Sample& sample) {
    double at = kLeft;
    end_ = below_ + kLineHeight + 4;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const double width = 40 + kLetter * double(labels[i].size());
      if (at > kLeft && at + width > kRight) {
        at = kLeft;
        end_ += kLineHeight;
      }
      sample(i, at, end_ - 4.5);
      text(at + 28, end_, "start", labels[i]);
      at += width;
    }
    if (!note.empty()) text(kLeft, end_ += kLineHeight, "start", note);
  }
  std::string document(const std::string& title) const {
    const double height = end_ + 8;
    return fmt::format(
        R"(<svg xmlns="http://www.w3.org/2000/svg" width="{}mm" height="{:.1f}mm" viewBox="0 0 {} {:.0f}" role="img">
<title>{}</title>
<style>text {{ font: 13px Helvetica, Arial, sans-serif; fill: #000 }} .grid {{ stroke: #ddd }} .axis {{ stroke: #000 }}</style>
<rect width="100%" height="100%" fill="#fff"/>
{}</svg>
)",
        kWidth / 5, height / 5, kWidth, height, escaped(title), body_);
  }

 private:
  const Axis &x_, &y_;
  std::string body_;
  double below_ = kBottom + kLineHeight;  // where the labels of the x axis end
  double end_ = 0;
};

void draw_mark(Drawing& drawing, std::size_t i, double x, double y) {
  const char* colour = style(i).colour;
  switch (i % 4) {
    case 0:
      return drawing.add(R"(<circle cx="{:.1f}" cy="{:.1f}" r="3.2" fill="{}"/>)", x, y, colour);
    case 1:
      return drawing.add(R"(<path d="M{:.1f} {:.1f}l4 7h-8z" fill="{}"/>)", x, y - 4, colour);
    case 2:
      return drawing.add(R"(<path d="M{:.1f} {:.1f}h6v6h-6z" fill="{}"/>)", x - 3, y - 3, colour);
    default:
      return drawing.add(R"(<path d="M{:.1f} {:.1f}l4 4l-4 4l-4 -4z" fill="{}"/>)", x, y - 4, colour);
  }
}

void draw_line(Drawing& drawing, std::size_t i, const std::vector<FigurePoint>& points) {
  std::string path, there, back;
  bool band = false;
  for (const FigurePoint& p : points) {
    path += fmt::format("{:.1f},{:.1f} ", drawing.x(p.x), drawing.y(p.y));
    there += fmt::format("{:.1f},{:.1f} ", drawing.x(p.x), drawing.y(p.low));
    back = fmt::format("{:.1f},{:.1f} ", drawing.x(p.x), drawing.y(p.high)) + back;
    band = band || p.low < p.high;
  }
  if (band) drawing.add(R"(<polygon points="{}" fill="{}" fill-opacity="0.18"/>)", there + back, style(i).colour);
  drawing.add(R"(<polyline points="{}" fill="none" stroke="{}" stroke-width="1.6" stroke-dasharray="{}"/>)", path,
              style(i).colour, style(i).dashes);
  const std::size_t every = std::max(std::size_t(1), points.size() / kMarks);
  for (std::size_t k = (i % 4) * every / 4; k < points.size(); k += every)
    draw_mark(drawing, i, drawing.x(points[k].x), drawing.y(points[k].y));
}

std::vector<FigurePoint> finite_points(const FigureLine& line, Scale scale) {
  std::vector<FigurePoint> points;
  for (const FigurePoint& p : line.points)
    if (std::isfinite(p.x + p.low + p.y + p.high) && (scale == Scale::kLinear || p.low > 0)) points.push_back(p);
  return points;
}

template <class Series>
std::vector<std::string> labels(const std::vector<Series>& series) {
  std::vector<std::string> all;
  for (const Series& one : series) all.push_back(one.label);
  return all;
}

/// Stripes that slant one way, the other way, or dots; the first kind of bars is plain.
std::string bar_fill(Drawing& drawing, std::size_t i) {
  if (i % 4 == 0) return style(i).colour;
  const char* const shapes[] = {"M-1 7L7 -1M-1 1L1 -1M5 7L7 5", "M-1 -1L7 7M5 -1L7 1M-1 5L1 7", "M2 2h2v2h-2z"};
  drawing.add(
      R"(<pattern id="fill{0}" width="6" height="6" patternUnits="userSpaceOnUse">)"
      R"(<rect width="6" height="6" fill="{1}" fill-opacity="0.35"/><path d="{2}" stroke="{1}" stroke-width="1.6"/></pattern>)",
      i, style(i).colour, shapes[i % 4 - 1]);
  return fmt::format("url(#fill{})", i);
}

}  // namespace

std::string svg(const LineFigure& figure) {
  double left = INFINITY, right = -INFINITY, low = INFINITY, high = -INFINITY;
  for (const FigureLine& line : figure.lines)
    for (const FigurePoint& p : finite_points(line, figure.y_scale)) {
      left = std::min(left, p.x), right = std::max(right, p.x);
      low = std::min(low, p.low), high = std::max(high, p.high);
    }
  if (left > right) return {};
  const double room = figure.y_scale == Scale::kLinear ? kRoom * (high - low) : 0;
  const Axis x(figure.x_from_zero ? 0 : left, right, figure.x_scale), y(low - room, high + room, figure.y_scale);
  Drawing drawing(x, y);
  drawing.y_axis(figure.y_title);
  drawing.x_axis(figure.x_title, figure.x_is_whole);
  for (std::size_t i = 0; i < figure.lines.size(); ++i)
    draw_line(drawing, i, finite_points(figure.lines[i], figure.y_scale));
  drawing.legend(labels(figure.lines), figure.note, [&](std::size_t i, double at_x, double at_y) {
    drawing.add(R"(<path d="M{:.1f} {:.1f}h22" stroke="{}" stroke-width="1.6" stroke-dasharray="{}"/>)", at_x, at_y,
                style(i).colour, style(i).dashes);
    draw_mark(drawing, i, at_x + 11, at_y);
  });
  return drawing.document(figure.title);
}

std::string svg(const BarFigure& figure) {
  double low = 0, high = 0;
  bool empty = true;
  for (const FigureBars& bars : figure.bars)
    for (const double value : bars.values)
      if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value), empty = false;
  if (empty) return {};
  const auto places = double(figure.categories.size());
  const Axis x(0, places, Scale::kLinear), y(low, high, Scale::kLinear);
  Drawing drawing(x, y);
  drawing.y_axis(figure.y_title);
  std::vector<std::string> fills;
  for (std::size_t i = 0; i < figure.bars.size(); ++i) fills.push_back(bar_fill(drawing, i));
  const auto rectangle = [&](std::size_t i, double from_x, double from_y, double width, double height) {
    drawing.add(R"(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="{}" stroke="{}"/>)", from_x, from_y,
                width, height, fills[i], style(i).colour);
  };
  const auto is_long = [&](const std::string& name) {
    return kLetter * double(name.size()) > (kRight - kLeft) / places;
  };
  const bool slanted = std::ranges::any_of(figure.categories, is_long);
  const double width = std::min(24.0, 0.8 * (kRight - kLeft) / places / double(figure.bars.size()));
  for (std::size_t c = 0; c < figure.categories.size(); ++c) {
    const double middle = drawing.x(double(c) + 0.5);
    slanted ? drawing.slanted_label(middle, figure.categories[c]) : drawing.x_label(middle, figure.categories[c]);
    for (std::size_t i = 0; i < figure.bars.size(); ++i) {
      const double value = figure.bars[i].values[c];
      if (!std::isfinite(value)) continue;
      const double top = drawing.y(std::max(value, 0.0)), bottom = drawing.y(std::min(value, 0.0));
      rectangle(i, middle + (double(i) - 0.5 * double(figure.bars.size())) * width, top, width, bottom - top);
    }
  }
  drawing.x_title(figure.x_title);
  drawing.legend(labels(figure.bars), figure.note,
                 [&](std::size_t i, double at_x, double at_y) { rectangle(i, at_x + 6, at_y - 6, 12, 12); });
  return drawing.document(figure.title);
}

}  // namespace gradrace
