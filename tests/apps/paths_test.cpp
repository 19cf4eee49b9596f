// Paths and names on the command line: empty ones, those that would do something to the terminal, and files that a
// command must not destroy.
#include <algorithm>

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "tests/apps/program.hpp"

namespace gradrace {
namespace {

namespace fs = std::filesystem;

class ProgramPaths : public ProgramTest {
 protected:
  /// The race must refuse to write over what stands in `file`, and leave it as it is.
  void expect_kept(const std::string& file, const Words& arguments) const {
    const std::string before = read_text(file);
    expect_error(ExitCode::kFailure, file + ": it exists, and what it holds is of another kind and would be lost",
                 arguments);
    EXPECT_EQ(read_text(file), before);
  }
  void expect_weights(std::vector<std::string> names) const {
    std::vector<std::string> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory_ / "out"))
      if (entry.path().extension() == ".safetensors") found.push_back(entry.path().stem());
    std::ranges::sort(names);
    std::ranges::sort(found);
    EXPECT_EQ(found, names);
  }
};

TEST_F(ProgramPaths, AreNotEmpty) {
  for (const char* option : {"--out", "--data-dir", "--init", "--trace", "--tensorboard", "--checkpoint", "--network"})
    expect_error(ExitCode::kUsage, fmt::format("{}: expected a path, found ''", option), race({option, ""}));
  expect_error(ExitCode::kUsage, "--out: expected a path, found ''", race({"--out=", "--quiet"}));
  expect_error(ExitCode::kUsage, "race: expected a path", {"report", ""});
  expect_error(ExitCode::kUsage, "--out: expected a path", {"report", in_directory("x"), "--out", ""});
  expect_error(ExitCode::kUsage, "--data-dir: expected a path", {"data", "verify", "--data-dir", ""});
  EXPECT_EQ(run(race(), {"GRADRACE_DATA_DIR="}).exit_code, 0) << "an empty variable is as good as none";
}

TEST_F(ProgramPaths, DoNothingToTheTerminal) {
  const std::string name = "\x1b[31m\n\x7f\xff\xc2\x9b-\xc3\xa9", shown = R"(\x1b[31m\n\x7f\xff\xc2\x9b-)"
                                                                          "\xc3\xa9";
  fs::rename(data(), directory_ / name);
  const Words words = {"--data-dir", in_directory(name), "--epochs", "1", "--threads", "1",
                       "--out",      in_directory("out")};
  const Outcome outcome = run(words);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  expect_contains(outcome.out, "from " + in_directory(shown));
  EXPECT_EQ(outcome.out.find('\x1b'), std::string::npos) << outcome.out;
  expect_error(ExitCode::kData, in_directory(shown + "2") + ": there is no such directory",
               {"--data-dir", in_directory(name + "2")});
  write_bytes(directory_ / (name + ".json"), bytes_of(R"({"input": [2, 2, 1], "layers": ["linear:out_features=2"]})"));
  expect_contains(run({"networks", in_directory(name + ".json")}).out, shown + ".json, for 2 x 2 x 1 images");
  expect_contains(document({"networks", "--json", in_directory(name + ".json")})[0]["name"],
                  "\x1b[31m\n\x7f\ufffd\xc2");
}

TEST_F(ProgramPaths, OfOtherFilesAreNotWrittenOver) {
  expect_kept((data() / kMnistFiles[0].name).string(), race({"--trace", (data() / kMnistFiles[0].name).string()}));
  write_bytes(directory_ / "mine/results.json", bytes_of("{\"mine\": 1}"));
  expect_kept(in_directory("mine/results.json"), race({"--out", in_directory("mine")}));
  const Words twice = race({"--out", in_directory("out"), "--trace", in_directory("trace.json")});
  EXPECT_EQ(run(twice).exit_code, 0);
  EXPECT_EQ(run(twice).exit_code, 0) << "what a race wrote, another may replace";
  const std::string results = in_directory("out/results.json");
  expect_kept(results, race({"--trace", results}));
  expect_kept(results, {"report", in_directory("out"), "--out", results});
  write_bytes(directory_ / "empty", {});
  EXPECT_EQ(run({"report", in_directory("out"), "--out", in_directory("empty")}).exit_code, 0);
  EXPECT_EQ(run({"report", in_directory("out"), "--out", in_directory("empty")}).exit_code, 0);
}

TEST_F(ProgramPaths, OfWeightsAreTheLastRaces) {
  const Words weights = race({"--out", in_directory("out"), "--save-weights", "--optimizer", "adam"});
  Words seeds = weights;
  seeds.insert(seeds.end(), {"--optimizer", "sgd:lr=0.1", "--seeds", "2"});
  ASSERT_EQ(run(seeds).exit_code, 0);
  expect_weights(
      {"init_seed0", "init_seed1", "adam_seed0_final", "adam_seed1_final", "sgd_seed0_final", "sgd_seed1_final"});
  write_bytes(directory_ / "out/mine_final.safetensors", {});
  ASSERT_EQ(run(weights).exit_code, 0);
  expect_weights({"init", "adam_final", "mine_final"});
  // A race that goes on keeps what its first part left.
  const Words part = race({"--out", in_directory("out"), "--optimizer", "adam", "--checkpoint", in_directory("runs")});
  Words rest = part;
  rest.push_back("--resume");
  Words first = part;
  first.push_back("--save-weights");
  ASSERT_EQ(run(first).exit_code, 0);
  ASSERT_EQ(run(rest).exit_code, 0);
  expect_weights({"init", "adam_final", "mine_final"});
}

TEST_F(ProgramPaths, OfWeightsStayInTheirDirectory) {
  ASSERT_EQ(run(race({"--out", in_directory("out")})).exit_code, 0);
  auto results = nlohmann::ordered_json::parse(read_text(directory_ / "out/results.json"));
  results["runs"][0]["label"] = "../precious";
  write_bytes(directory_ / "out/results.json", bytes_of(results.dump()));
  write_bytes(directory_ / "precious_final.safetensors", {});
  ASSERT_EQ(run(race({"--out", in_directory("out")})).exit_code, 0);
  EXPECT_TRUE(fs::exists(directory_ / "precious_final.safetensors"));
}

}  // namespace
}  // namespace gradrace
