// The program's commands that measure. What they measure, no test may ask: only that it is there and possible.

#include <algorithm>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/base/error.hpp"
#include "kernels/isa.hpp"
#include "tests/apps/program.hpp"
#include "tests/temporary_directory.hpp"

namespace gradrace {
namespace {

using Words = std::vector<std::string>;

class Measuring : public testing::Test {
 protected:
  Outcome run(const Words& arguments, const Words& environment = {}) const {
    return Program(directory_.path(), arguments, environment).wait();
  }
  nlohmann::json document(const Words& arguments) const {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return nlohmann::json::parse(outcome.out);
  }
  /// The program must refuse the arguments in one sentence that contains `part`.
  void expect_usage_error(const std::string& part, const Words& arguments) const {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, int(ExitCode::kUsage)) << outcome.err;
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
    EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }

  const TemporaryDirectory directory_;
};

TEST_F(Measuring, InfoDescribesTheMachineAndItsLimits) {
  const nlohmann::json info = document({"info", "--json", "--threads", "1", "--isa", "sse2"});
  EXPECT_EQ(info["schema_version"], 2);
  EXPECT_GE(info["machine"]["allowed_cpus"], 1);
  EXPECT_EQ(info["limits"]["isa"], "sse2");
  EXPECT_GT(info["limits"]["peak_gflops"]["all_threads"], 0.0);
  EXPECT_EQ(info["limits"]["bandwidth"].back()["level"], "DRAM");
}

TEST_F(Measuring, InfoSaysTheSameInWords) {
  const Outcome info = run({"info", "--threads", "1"});
  EXPECT_EQ(info.exit_code, 0) << info.err;
  for (const std::string& part : {std::string("affinity: "), std::string("quota: "), std::string("DRAM"),
                                  "chosen: " + std::string(kernels::Isa::best().name()), std::string("Stolen ")})
    EXPECT_NE(info.out.find(part), std::string::npos) << info.out;
}

TEST_F(Measuring, InfoRefusesWhatItDoesNotKnow) {
  expect_usage_error("instruction set 'mmx'", {"info", "--isa", "mmx"});
  expect_usage_error("--threads", {"info", "--threads", "0"});
  expect_usage_error("--treads", {"info", "--treads", "2"});
}

TEST_F(Measuring, ProfileMeasuresTheOptimizersItIsGiven) {
  const Words words = {"profile", "--optimizer", "fast@adam:lr=0.01", "--parameters", "2000", "--threads", "1"};
  Words json = words;
  json.push_back("--json");
  const nlohmann::json profile = document(json);
  EXPECT_EQ(profile["schema_version"], 1);
  EXPECT_FALSE(profile["machine"]["cpu"].get<std::string>().empty());
  ASSERT_EQ(profile["optimizers"].size(), 1u);
  EXPECT_EQ(profile["optimizers"][0]["label"], "fast");
  EXPECT_EQ(profile["optimizers"][0]["options"]["lr"], 0.01);
  EXPECT_EQ(profile["optimizers"][0]["costs"][0]["parameters"], 2000);
  const std::string text = run(words).out;
  for (const char* part : {"fast: adam (lr=0.01", "of triad", "training step", "subnormals"})
    EXPECT_NE(text.find(part), std::string::npos) << text;
  EXPECT_NE(text.find(profile["counters_problem"].is_null() ? "instructions" : "not available here"),
            std::string::npos);
}

TEST_F(Measuring, ProfileRefusesWhatItDoesNotKnow) {
  expect_usage_error("unknown optimizer 'adamant'", {"profile", "--optimizer", "adamant"});
  expect_usage_error("muon: a step of it is no pass over arrays", {"profile", "--optimizer", "muon"});
  expect_usage_error("--parameters", {"profile", "--parameters", "few"});
  expect_usage_error("--csv", {"profile", "--csv", "--json"});
}

}  // namespace
}  // namespace gradrace
