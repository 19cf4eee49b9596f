#pragma once
/// Figures as SVG, for papers: one column wide (86 mm), text as text, told apart without colour as well.

#include <string>
#include <vector>

#include "engine/report/axis.hpp"

namespace gradrace {

/// Low and high bound a band around y; equal to y where there is none.
struct FigurePoint {
  double x, y, low, high;
};

struct FigureLine {
  std::string label;
  std::vector<FigurePoint> points;  ///< by x; those that are not finite are left out
};

struct LineFigure {
  std::string title;  ///< for those who cannot see it; not shown
  std::string note;   ///< shown below; may be empty
  std::string x_title, y_title;
  bool x_from_zero = false, x_is_whole = false;
  Scale x_scale = Scale::kLinear, y_scale = Scale::kLinear;
  std::vector<FigureLine> lines;
};

struct FigureBars {
  std::string label;
  std::vector<double> values;  ///< one for each category; NaN: no bar
};

struct BarFigure {
  std::string title, note;  ///< as above
  std::string x_title, y_title;
  std::vector<std::string> categories;
  std::vector<FigureBars> bars;
};

/// An SVG document; empty if there is nothing to show.
std::string svg(const LineFigure& figure);
std::string svg(const BarFigure& figure);

}  // namespace gradrace
