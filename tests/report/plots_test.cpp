#include "engine/report/plots.hpp"

#include <cmath>
#include <limits>
#include <map>

#include <gtest/gtest.h>

#include "engine/report/figure.hpp"
#include "engine/report/smoothing.hpp"
#include "tests/data_files.hpp"
#include "tests/races.hpp"

namespace gradrace {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Index count(const std::string& text, const std::string& part) {
  Index n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

/// Every element is closed, in the right order, and nothing but elements and text is there.
void expect_well_formed(const std::string& xml) {
  std::vector<std::string> open;
  for (std::size_t at = xml.find('<'); at != std::string::npos; at = xml.find('<', at + 1)) {
    const std::size_t end = xml.find('>', at);
    ASSERT_NE(end, std::string::npos);
    const std::string tag = xml.substr(at + 1, end - at - 1);
    if (tag.starts_with("/")) {
      ASSERT_FALSE(open.empty());
      EXPECT_EQ("/" + open.back(), tag);
      open.pop_back();
    } else if (!tag.ends_with("/")) {
      open.push_back(tag.substr(0, tag.find(' ')));
    }
    EXPECT_EQ(count(tag, "\"") % 2, 0) << tag;
    EXPECT_EQ(tag.find("nan"), std::string::npos) << tag;
  }
  EXPECT_TRUE(open.empty());
}

TEST(Axis, HasRoundTicks) {
  EXPECT_EQ(Axis(0, 10, Scale::kLinear).ticks(), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(Axis(-0.3, 0.21, Scale::kLinear).ticks().size(), 6u);
  EXPECT_EQ(Axis(0.02, 3, Scale::kLogarithmic).ticks(), (std::vector<double>{0.02, 0.05, 0.1, 0.2, 0.5, 1, 2}));
  EXPECT_EQ(Axis(0.001, 1000, Scale::kLogarithmic).ticks().size(), 7u);
  EXPECT_GE(Axis(0.3, 0.4, Scale::kLogarithmic).ticks().size(), 3u);
}

TEST(Axis, PlacesValues) {
  EXPECT_DOUBLE_EQ(Axis(2, 4, Scale::kLinear).place(3.5), 0.75);
  EXPECT_DOUBLE_EQ(Axis(0.01, 1, Scale::kLogarithmic).place(0.1), 0.5);
  EXPECT_DOUBLE_EQ(Axis(5, 5, Scale::kLinear).place(5), 0.5);
  EXPECT_DOUBLE_EQ(Axis(0, 0, Scale::kLinear).place(0), 0.5);
}

TEST(Smoothing, IsTheMeanThatConvergenceIsJudgedBy) {
  std::vector<float> losses;
  for (int i = 0; i < 250; ++i) losses.push_back(float(i + 1));
  const std::vector<double> means = smoothed(losses);
  EXPECT_EQ(means[0], 1);
  EXPECT_EQ(means[2], 2);
  EXPECT_EQ(means[99], 50.5);
  EXPECT_EQ(means[249], 200.5);
  losses[3] = std::numeric_limits<float>::infinity();
  EXPECT_FALSE(std::isfinite(smoothed(losses)[249]));
}

TEST(Smoothing, SamplesEvenlyAndEndsWithTheLast) {
  EXPECT_EQ(sampled(10, 5), (std::vector<std::size_t>{1, 3, 5, 7, 9}));
  EXPECT_EQ(sampled(3, 5), (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_TRUE(sampled(0, 5).empty());
}

TEST(Figure, DrawsLinesAndABandWhereThereIsOne) {
  const LineFigure figure = {.title = "a < b & c",
                             .note = "not MNIST",
                             .x_title = "x",
                             .y_title = "y",
                             .lines = {{"first", {{0, 1, 1, 1}, {1, 2, 2, 2}, {2, kNan, kNan, kNan}}},
                                       {"second", {{0, 2, 1, 3}, {1, 3, 2, 4}}}}};
  const std::string picture = svg(figure);
  expect_well_formed(picture);
  expect_contains(picture, "<title>a &lt; b &amp; c</title>");
  EXPECT_EQ(count(picture, "<polyline "), 2);
  EXPECT_EQ(count(picture, "<polygon "), 1);
  expect_contains(picture, R"(<polygon points="64.0,212.2 412.0,147.4 412.0,17.8 64.0,82.6 )");
  for (const char* text : {">first</text>", ">second</text>", ">not MNIST</text>", ">x</text>", ">y</text>"})
    expect_contains(picture, text);
  EXPECT_EQ(svg(LineFigure{}), "");
}

TEST(Figure, DrawsBarsBelowZeroAndNoneForNan) {
  const BarFigure figure = {.title = "t",
                            .note = {},
                            .x_title = {},
                            .y_title = "y",
                            .categories = {"one", "a rather long category", "another long one"},
                            .bars = {{"plain", {1, -1, kNan}}, {"striped", {2, 0.5, 1}}}};
  const std::string picture = svg(figure);
  expect_well_formed(picture);
  EXPECT_EQ(count(picture, "fill=\"url(#fill1)\""), 4) << "three bars and the legend's";
  EXPECT_EQ(count(picture, "fill=\"#0072b2\""), 3) << "two bars and the legend's";
  EXPECT_EQ(count(picture, "rotate(-35)"), 3);
  EXPECT_EQ(svg(BarFigure{}), "");
}

std::map<std::string, std::string> plots_of(RaceOptions options, const std::vector<Sweep>& sweeps = {}) {
  Dataset data = small_dataset();
  if (!sweeps.empty()) data.validation = data.train.split_last(8);
  for (const Sweep& sweep : sweeps)
    options.optimizers.insert(options.optimizers.end(), sweep.specs.begin(), sweep.specs.end());
  const RaceResult race = run_race(options, data);
  const auto plots = race_plots(race, sweeps, "data: custom, not MNIST");
  return {plots.begin(), plots.end()};
}

TEST(Plots, ShowARaceFromEverySide) {
  RaceOptions options = small_race({"adam", "adadelta"});
  options.seeds = {0, 1};
  const auto plots = plots_of(options);
  EXPECT_EQ(plots.size(), 7u);
  for (const auto& [name, picture] : plots) {
    SCOPED_TRACE(name);
    expect_well_formed(picture);
    expect_contains(picture, ">data: custom, not MNIST</text>");
    expect_contains(picture, "adadelta");
  }
  EXPECT_EQ(count(plots.at("loss_by_step.svg"), "<polygon "), 2) << "a band over the seeds";
  EXPECT_EQ(count(plots.at("mean_difference.svg"), "rotate(-35)"), 8);
  EXPECT_EQ(count(plots.at("normalized_difference.svg"), ">adam - adadelta<"), 1) << "of the first seed only";
}

TEST(Plots, DrawOfASweepTheChosenPointAndACurve) {
  const auto plots = plots_of(small_race({"adadelta"}), {Sweep::parse("mine@adam:lr=1e-3..1e-1:log:3")});
  EXPECT_EQ(plots.size(), 8u);
  for (const char* name : {"loss_by_step.svg", "accuracy.svg", "epoch_seconds.svg", "mean_difference.svg"}) {
    SCOPED_TRACE(name);
    expect_contains(plots.at(name), "adadelta");
    EXPECT_EQ(count(plots.at(name), "mine-lr-"), 1);
  }
  const std::string& curve = plots.at("sweep_mine_lr.svg");
  expect_well_formed(curve);
  for (const char* text : {">lr</text>", ">validation</text>", ">test</text>", ">0.001</text>", ">0.01</text>"})
    expect_contains(curve, text);
  EXPECT_EQ(count(curve, "points=\"64.0,"), 2) << "lines begin at the lowest value";
}

TEST(Plots, LeaveOutWhatThereIsNothingOf) {
  const auto plots = plots_of(small_race({"adam:lr=1e30"}));
  EXPECT_TRUE(plots.contains("loss_by_step.svg"));
  EXPECT_FALSE(plots.contains("accuracy.svg"));
  EXPECT_FALSE(plots.contains("mean_difference.svg"));
  EXPECT_TRUE(race_plots(RaceResult{}, {}, "").empty());
}

}  // namespace
}  // namespace gradrace
