#include <gtest/gtest.h>

#include "engine/report/page.hpp"
#include "engine/report/results_writer.hpp"
#include "engine/report/thinning.hpp"
#include "engine/results/check.hpp"
#include "engine/results/merge.hpp"
#include "tests/apps/program.hpp"
#include "tests/data_files.hpp"
#include "tests/races.hpp"
#include "tests/temporary_directory.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;

ordered_json small_results(const std::vector<std::string>& optimizers = {"adam"}) {
  const Dataset data = small_dataset();
  const RaceSetting setting = {.program = {{"version", "1"}},
                               .machine = {{"threads", 1}},
                               .data = data_json(data),
                               .options = {{"epochs", 2}},
                               .test = &data.test};
  return ordered_json::parse(results_json(setting, run_race(small_race(optimizers), data)).dump());
}

ordered_json results_in(const std::string& page) {
  const std::string begin = R"(<script type="application/json" id="results">)";
  const std::size_t from = page.find(begin) + begin.size();
  return ordered_json::parse(page.substr(from, page.find("</script>", from) - from));
}

TEST(ReportPage, HoldsTheThinnedResultsAndNothingFromOutside) {
  const ordered_json results = small_results();
  const std::string page = report_page({&results, 1});
  EXPECT_EQ(results_in(page), thinned({&results, 1}));
  EXPECT_EQ(page.find("@include"), std::string::npos);
  expect_contains(page, "Chart.js v3");
  for (const char* outside : {"src=\"", "@import", "url(", "<base"})
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
}

TEST(ReportPage, CannotBeBrokenByWhatStandsInTheResults) {
  ordered_json results = small_results();
  results["runs"][0]["label"] = "</script><!--<script>\xff\xc3\u2028";
  const std::string page = report_page({&results, 1});
  const ordered_json inside = results_in(page);
  EXPECT_EQ(inside[0]["runs"][0]["label"], "</script><!--<script>\ufffd\ufffd\u2028") << "each wrong byte is replaced";
  EXPECT_EQ(page.find('\xff'), std::string::npos);
}

TEST(Thinning, KeepsFewLossesAsTheyAreAndAnswersToTheHardestImages) {
  const ordered_json results = small_results();
  const ordered_json run = thinned({&results, 1})[0]["runs"][0];
  EXPECT_FALSE(run.contains("step_loss"));
  EXPECT_EQ(run["losses"]["every"], 1);
  ASSERT_EQ(run["losses"]["values"].size(), 6u);
  const double loss = results["runs"][0]["step_loss"][5];
  EXPECT_NEAR(run["losses"]["values"][5].get<double>(), loss, 5e-4 * loss);
  const std::size_t hardest = results["hardest"][0]["index"];
  EXPECT_EQ(run["evaluation"]["hardest_answers"][0], results["runs"][0]["evaluation"]["answers"][hardest]);
  EXPECT_EQ(run["evaluation"]["hardest_losses"][0], results["runs"][0]["evaluation"]["losses"][hardest]);
  EXPECT_FALSE(run["evaluation"].contains("answers") || run["evaluation"].contains("losses"));
}

TEST(Thinning, AveragesManyLosses) {
  ordered_json results = small_results();
  ordered_json losses = ordered_json::array();
  for (Index i = 0; i < kShownLosses + 1; ++i) losses.push_back(i % 2 == 0 ? 1 : 2);
  losses[6] = nullptr;
  results["runs"][0]["step_loss"] = losses;
  const ordered_json thin = thinned({&results, 1})[0]["runs"][0]["losses"];
  EXPECT_EQ(thin["every"], 2);
  ASSERT_EQ(thin["values"].size(), std::size_t(kShownLosses / 2 + 1));
  EXPECT_EQ(thin["values"][0], 1.5);
  EXPECT_TRUE(thin["values"][3].is_null());
  EXPECT_EQ(thin["values"].back(), 1) << "the last one stands alone";
}

TEST(Merging, TellsPathsApartByWhatDiffersInThem) {
  EXPECT_EQ(short_names({"runs/a/", "runs/b"}), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(short_names({"zen/results", "xeon/./results"}), (std::vector<std::string>{"zen", "xeon"}));
  EXPECT_EQ(short_names({"a", "x/a"}), (std::vector<std::string>{"a", "x/a"}));
}

TEST(Merging, RenamesLabelsThatStandInBoth) {
  std::vector<ordered_json> results = {small_results({"adam", "adadelta"}), small_results({"adam", "fast@adam"})};
  results[0]["sweep"] =
      ordered_json::parse(R"([{"optimizer": "adam", "points": [{"label": "adam"}], "chosen": "adam"}])");
  tell_apart(results, {"zen", "xeon"});
  EXPECT_EQ(results[0]["name"], "zen");
  EXPECT_EQ(results[0]["runs"][0]["label"], "adam (zen)");
  EXPECT_EQ(results[0]["runs"][0]["optimizer"], "adam");
  EXPECT_EQ(results[0]["runs"][1]["label"], "adadelta");
  EXPECT_EQ(results[1]["runs"][0]["label"], "adam (xeon)");
  EXPECT_EQ(results[1]["runs"][1]["label"], "fast");
  EXPECT_EQ(results[1]["parameter_difference"][0]["a"], "adam (xeon)");
  EXPECT_EQ(results[1]["parameter_difference"][0]["b"], "fast");
  EXPECT_EQ(results[0]["sweep"][0]["points"][0]["label"], "adam (zen)");
  EXPECT_EQ(results[0]["sweep"][0]["chosen"], "adam (zen)");
}

TEST(ReadResults, AcceptsWhatARaceWrites) {
  const TemporaryDirectory directory;
  const ordered_json results = small_results();
  write_bytes(directory / "results.json", bytes_of(results.dump()));
  EXPECT_EQ(read_results(directory.path()), results);
  EXPECT_EQ(read_results(directory / "results.json"), results);
}

TEST(ReadResults, RefusesWhatIsMissingGarbledOrForeign) {
  const TemporaryDirectory directory;
  const ordered_json good = small_results();
  const auto problem = [&](const std::string& text) {
    write_bytes(directory / "results.json", bytes_of(text));
    return error_of(ExitCode::kData, [&] { read_results(directory.path()); });
  };
  const auto without = [&](const char* pointer, const ordered_json& value) {
    ordered_json bad = good;
    bad[ordered_json::json_pointer(pointer)] = value;
    return problem(bad.dump());
  };
  expect_contains(error_of(ExitCode::kData, [&] { read_results(directory / "nowhere"); }), "nowhere");
  expect_contains(problem(""), "results.json: at byte 0: expected JSON, found the end");
  expect_contains(problem(good.dump().substr(0, 1000)), "at byte 1000: expected JSON, found the end");
  expect_contains(problem("[]"), "expected an object, found array");
  expect_contains(problem("{}"), "/schema_version is missing");
  expect_contains(without("/schema_version", 2), "expected schema_version 1, found 2");
  expect_contains(without("/runs", "x"), "/runs: expected an array, found string");
  expect_contains(without("/runs/0/step_loss/3", "x"), "/runs/0/step_loss/3: expected a number or null, found string");
  expect_contains(without("/runs/0/epochs/1/train_seconds", nullptr),
                  "/runs/0/epochs/1/train_seconds: expected a number");
  for (const char* pointer :
       {"/hardest", "/parameter_difference", "/summary", "/paired_difference", "/sweep", "/verdict", "/statistics",
        "/data/notice", "/data/classes", "/data/classes/3", "/data/normalization", "/data/normalization/mean",
        "/options/seeds", "/runs/0/convergence", "/runs/0/weights", "/runs/0/weights/cn1.bias", "/runs/0/filters",
        "/runs/0/filters/shape"})
    expect_contains(without(pointer, 7), fmt::format("{}: expected a", pointer));
  expect_contains(without("/data/normalization/deviation/0", "x"),
                  "/data/normalization/deviation/0: expected a number");
  expect_contains(without("/hardest/0/channels", "x"), "/hardest/0/channels: expected a whole number, found string");
  for (const char* pointer : {"/verdict", "/summary"}) {
    ordered_json bad = good;
    bad[ordered_json::json_pointer(pointer)] = {7};
    expect_contains(problem(bad.dump()), fmt::format("{}/0: expected a", pointer));
  }
  expect_contains(without("/hardest/0/index", 1000), "expected an element for image 1000, found 10 elements");
  expect_contains(without("/runs/0/evaluation/confusion/0", 1), "/runs/0/evaluation/confusion/0");
}

// Of these the page would make a blank page, or try to make a picture for ever.
TEST(ReadResults, RefusesPicturesThatAreNone) {
  const TemporaryDirectory directory;
  const ordered_json good = small_results();
  const auto with = [&](const std::string& pointer, const ordered_json& value) {
    ordered_json bad = good;
    bad[ordered_json::json_pointer(pointer)] = value;
    write_bytes(directory / "results.json", bytes_of(bad.dump()));
    return error_of(ExitCode::kData, [&] { read_results(directory.path()); });
  };
  const std::string pixels = good["hardest"][0]["pixels"];
  for (const std::string& bad : {std::string("%%%"), std::string(), pixels + "====", "*" + pixels.substr(1)})
    expect_contains(with("/hardest/0/pixels", bad), "/hardest/0/pixels: expected 144 bytes in base64");
  for (const char* key : {"index", "label", "height", "width", "channels"})
    for (const ordered_json& bad : {ordered_json(0.5), ordered_json(-1), ordered_json("12")})
      expect_contains(with(fmt::format("/hardest/0/{}", key), bad),
                      fmt::format("/hardest/0/{}: expected a whole number, found", key));
  for (const char* key : {"height", "width", "channels"})
    for (const std::uint64_t bad : {std::uint64_t{0}, std::uint64_t{4097}, UINT64_MAX})
      expect_contains(with(fmt::format("/hardest/0/{}", key), bad), "whole numbers from 1 to 4096, found");
  expect_contains(with("/hardest/0/width", 13), "expected 156 bytes in base64");
  expect_contains(with("/runs/0/filters/shape", {16, 1, 3}), "/runs/0/filters/shape: expected four numbers");
  expect_contains(with("/runs/0/filters/shape/0", 1e9), "/runs/0/filters/shape/0: expected a whole number");
  expect_contains(with("/runs/0/filters/shape/0", 1'000'000'000), "from 1 to 65536, found 1000000000");
  expect_contains(with("/runs/0/filters/shape", {65536, 65536, 65536, 65536}), "as many values as the shape says");
  expect_contains(with("/runs/0/weights", ordered_json::object()), "/runs/0/weights: expected some parameters");
  expect_contains(with("/runs/0/weights/cn1.bias/counts/0", "x"),
                  "/runs/0/weights/cn1.bias/counts/0: expected a number");
  expect_contains(with("/summary/0/metrics/final_accuracy", nullptr), "expected an object, found null");
  expect_contains(with("/sweep", ordered_json::parse(R"([{"optimizer": "a", "option": "b", "points": [7]}])")),
                  "/sweep: the points/0: expected an object, found number");
  expect_contains(with("/runs/0/filters/values/0", "x"), "/runs/0/filters/values/0: expected a number or null");
}

TEST(ReportCommand, WritesAndMergesReports) {
  const TemporaryDirectory directory;
  for (const char* name : {"a", "b"}) write_bytes(directory / name / "results.json", bytes_of(small_results().dump()));
  const std::string a = (directory / "a").string(), b = (directory / "b").string();
  const auto run = [&](const std::vector<std::string>& words) { return Program(directory.path(), words).wait(); };
  EXPECT_EQ(run({"report", a}).out, a + "/report.html\n");
  EXPECT_EQ(results_in(read_text(directory / "a/report.html")).size(), 1u);
  EXPECT_EQ(run({"report", a, b, "--out", a + "/both.html"}).exit_code, 0);
  EXPECT_EQ(results_in(read_text(directory / "a/both.html"))[1]["runs"][0]["label"], "adam (b)");
  EXPECT_EQ(run({"report", a, b}).exit_code, 2) << "where to?";
  EXPECT_EQ(run({"report", a, a + "/.", "--out", a + "/both.html"}).exit_code, 2);
  EXPECT_EQ(run({"report"}).exit_code, 2);
  EXPECT_EQ(run({"report", (directory / "c").string()}).exit_code, 5);
  EXPECT_EQ(run({"report", a, "--out", (directory / "no/where.html").string()}).exit_code, 1);
}

}  // namespace
}  // namespace gradrace
