// gradrace profile. What it measures, no test may ask: only that it is there and possible.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/apps/program.hpp"

namespace gradrace {
namespace {

using ProgramProfile = ProgramTest;

TEST_F(ProgramProfile, MeasuresTheOptimizersItIsGiven) {
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

TEST_F(ProgramProfile, RefusesWhatItDoesNotKnow) {
  expect_error(ExitCode::kUsage, "unknown optimizer 'adamant'", {"profile", "--optimizer", "adamant"});
  expect_error(ExitCode::kUsage, "muon: a step of it is no pass over arrays", {"profile", "--optimizer", "muon"});
  expect_error(ExitCode::kUsage, "--parameters", {"profile", "--parameters", "few"});
  expect_error(ExitCode::kUsage, "--csv", {"profile", "--csv", "--json"});
}

TEST_F(ProgramProfile, SaysWhatMemoryHasNoRoomFor) {
  Words words = {"profile", "--parameters", "100000000000", "--csv", "--optimizer", "adam", "--threads", "1"};
  expect_error(ExitCode::kFailure, "memory has no room for 100000000000 parameters", words);
  words.insert(words.end(), {"--parameters", "2000"});
  const Outcome outcome = run(words);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.err, "gradrace: warning: 100000000000 parameters are left out: memory has no room for them\n");
  expect_contains(outcome.out, "adam,adam,2000,1,hot,");
}

}  // namespace
}  // namespace gradrace
