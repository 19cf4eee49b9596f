// gradrace compare: the race itself, its options, and what it refuses.
#include <unistd.h>

#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "kernels/team.hpp"
#include "tests/apps/program.hpp"

namespace gradrace {
namespace {

using ProgramCompare = ProgramTest;

TEST_F(ProgramCompare, RacesWithAndWithoutTheWordCompare) {
  Words words = race();
  const Outcome without = run(words);
  EXPECT_EQ(without.exit_code, 0) << without.err;
  words.insert(words.begin(), "compare");
  const Outcome with = run(words);
  EXPECT_EQ(with.exit_code, 0) << with.err;
}

TEST_F(ProgramCompare, TakesTheLastOfARepeatedOption) {
  expect_contains(run(race({"--epochs", "2", "--epochs", "1", "--seed", "5", "--seed", "6"})).out, "seed: 6");
}

TEST_F(ProgramCompare, WritesWhatWasAskedForAndStartsFromIt) {
  ASSERT_EQ(run(race({"--out", in_directory("a"), "--save-weights", "--seed", "3"})).exit_code, 0);
  const std::string init = in_directory("a/init.safetensors");
  ASSERT_EQ(run(race({"--out", in_directory("b"), "--save-weights", "--seed", "3", "--init", init})).exit_code, 0);
  for (const char* name : {"init.safetensors", "adam_final.safetensors", "adadelta_final.safetensors"})
    EXPECT_EQ(read_text(directory_ / "a" / name), read_text(directory_ / "b" / name)) << name;
  const auto json = nlohmann::json::parse(read_text(directory_ / "a/results.json"));
  EXPECT_EQ(json["options"]["seed"], 3);
  EXPECT_EQ(json["data"]["name"], "custom");
  EXPECT_EQ(json["machine"]["threads"], 1);
}

TEST_F(ProgramCompare, SaysInTheResultsWhatEveryOptionWas) {
  ASSERT_EQ(run(race({"--out", in_directory("out"), "--seeds", "1,2"})).exit_code, 0);
  const auto options = nlohmann::json::parse(read_text(directory_ / "out/results.json"))["options"];
  std::istringstream help(run({"--help"}).out);
  std::size_t count = 0;
  for (std::string line; std::getline(help, line);) {
    if (!line.starts_with("  --")) continue;
    std::string key = line.substr(4, line.find_first_of(" =", 4) - 4);
    std::ranges::replace(key, '-', '_');
    EXPECT_TRUE(options.contains(key)) << line;
    ++count;
  }
  EXPECT_EQ(options.size(), count);
}

TEST_F(ProgramCompare, RacesFromManySeedsAndSumsThemUp) {
  const Outcome outcome = run(race({"--seeds", "3", "--seed", "5", "--out", in_directory("out"), "--save-weights"}));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const char* part : {"seeds: 5, 6, 7,", "seed 6  adam  finished", "adadelta (lr=0.5, ", "3 of 3", "Verdict",
                           "can be shown from 3 seeds"})
    expect_contains(outcome.out, part);
  EXPECT_EQ(outcome.out.find("training loss: "), std::string::npos);
  EXPECT_LT(outcome.out.find("seed 6  adam"), outcome.out.find("seed 6  adadelta"));
  const auto json = nlohmann::json::parse(read_text(directory_ / "out/results.json"));
  EXPECT_EQ(json["options"]["seeds"], (std::vector<int>{5, 6, 7}));
  EXPECT_EQ(json["runs"].size(), 6u);
  EXPECT_EQ(json["runs"][2]["step_loss"][0], json["runs"][3]["step_loss"][0]);
  EXPECT_EQ(json["summary"].size(), 2u);
  EXPECT_EQ(json["parameter_difference"].size(), 24u);
  for (const char* file : {"init_seed5", "init_seed7", "adam_seed6_final", "adadelta_seed7_final"})
    EXPECT_TRUE(std::filesystem::exists(directory_ / fmt::format("out/{}.safetensors", file))) << file;
  expect_contains(run(race({"--seeds", "9,4"})).out, "seeds: 9, 4,");
  EXPECT_EQ(run(race({"--seeds", "3", "--optimizer", "adam"})).out.find("Verdict"), std::string::npos)
      << "on one alone";
}

TEST_F(ProgramCompare, HoldsImagesOutForValidation) {
  const Outcome outcome = run(race({"--validation", "10", "--out", in_directory("out")}));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  expect_contains(outcome.out, "30 training, 10 validation and 20 test images");
  expect_contains(outcome.out, "validation loss");
  const auto json = nlohmann::json::parse(read_text(directory_ / "out/results.json"));
  EXPECT_EQ(json["data"]["train"], 30);
  EXPECT_EQ(json["data"]["validation"], 10);
  EXPECT_EQ(json["runs"][0]["epochs"][0]["validation_total"], 10);
  expect_error(ExitCode::kUsage, "40 training images", race({"--validation", "40"}));
}

TEST_F(ProgramCompare, StopsAtTheTarget) {
  const auto run_to = [&](const std::string& accuracy, const std::string& said) {
    const Outcome outcome = run(race({"--epochs", "3", "--test-limit", "10", "--optimizer", "adam", "--until-target",
                                      "--target-accuracy", accuracy, "--out", in_directory("out")}));
    expect_contains(outcome.out, said);
    return nlohmann::json::parse(read_text(directory_ / "out/results.json"))["runs"][0];
  };
  const auto missed = run_to("1", "did not reach an accuracy of 100 %");
  EXPECT_TRUE(missed["target"].is_null());
  EXPECT_EQ(missed["epochs"].size(), 3u);
  const auto reached = run_to("0.1", "reached an accuracy of 10 % in epoch 1");  // there is one image of each digit
  EXPECT_EQ(reached["target"]["metric"], "accuracy");
  EXPECT_EQ(reached["target"]["epoch"], 1);
  EXPECT_EQ(reached["epochs"].size(), 1u);
}

TEST_F(ProgramCompare, SweepsAnOption) {
  const Outcome outcome =
      run(race({"--sweep", "adam:lr=1e-4..1e-2:log:3", "--optimizer", "adadelta", "--out", in_directory("out")}));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const char* part : {"34 training, 6 validation", "adam: lr", "0.001", "chosen", "adadelta (lr=1, ", "Verdict"})
    expect_contains(outcome.out, part);
  const auto json = nlohmann::json::parse(read_text(directory_ / "out/results.json"));
  EXPECT_EQ(json["runs"].size(), 4u);
  EXPECT_EQ(json["options"]["validation"], 6);
  EXPECT_EQ(json["sweep"][0]["points"].size(), 3u);
  EXPECT_EQ(json["summary"].size(), 4u);
  EXPECT_EQ(json["parameter_difference"].size(), 8u);
  EXPECT_EQ(json["parameter_difference"][0]["b"], json["sweep"][0]["chosen"]);
  expect_contains(run(race({"--sweep", "adam:lr=1e-4..1e-2:log:2"})).out, "seed 0  adam-lr-0.01  finished");
  expect_error(ExitCode::kUsage, "POINTS", race({"--sweep", "adam:lr=1e-4..1e-2"}));
  expect_error(ExitCode::kUsage, "speed", race({"--sweep", "adam:speed=1e-4..1e-2:log:2"}));
  expect_error(ExitCode::kUsage, "--validation", race({"--sweep", "adam:lr=1..2:lin:2", "--validation", "0"}));
  const Words two = {"--sweep", "adam:lr=1e-4..1e-3:log:2", "--sweep", "adam:lr=1e-2..1e-1:log:2"};
  expect_error(ExitCode::kUsage, "one of lr with the label 'adam' already; give it another: LABEL@adam:", race(two));
  EXPECT_EQ(run(race({two[0], two[1], two[2], "high@" + two[3], two[2], "adam:eps=1e-9..1e-8:log:2"})).exit_code, 0);
}

TEST_F(ProgramCompare, EndsARunThatDivergesAndRunsTheOthers) {
  const Words optimizers = {"--optimizer", "wild@adam:lr=1e30", "--optimizer", "adam", "--out", in_directory("out")};
  expect_error(ExitCode::kNumerical, "wild (adam) diverged at step 2: the loss is not finite", race(optimizers));
  const auto json = nlohmann::json::parse(read_text(directory_ / "out/results.json"));
  EXPECT_EQ(json["runs"][0]["status"], "diverged");
  EXPECT_EQ(json["runs"][1]["status"], "finished");
}

TEST_F(ProgramCompare, WarnsOfAConvolutionThatRunsOnAnotherMethodThanAskedFor) {
  EXPECT_EQ(run(race({"--conv", "winograd4", "--quiet"})).err,
            "gradrace: warning: --conv winograd4 suits not every layer: cn1 runs implicit instead\n");
  EXPECT_EQ(run(race({"--conv", "im2col", "--quiet"})).err, "");
}

TEST_F(ProgramCompare, WarnsOfMoreThreadsThanCpus) {
  const Index threads = kernels::allowed_cpus() + 1;
  const Outcome outcome = run(race({"--threads", fmt::format("{}", threads), "--train-limit", "4"}));
  EXPECT_EQ(outcome.exit_code, 0);
  expect_contains(outcome.err, fmt::format("gradrace: warning: {} threads", threads));
}

TEST_F(ProgramCompare, TakesNoMoreThreadsThanABatchHasSamples) {
  if (kernels::allowed_cpus() < 2) GTEST_SKIP() << "one CPU";
  const Words few = {"--data-dir", data().string(), "--epochs", "1", "--train-limit", "4", "--batch-size"};
  const auto out = [&](Words more) {
    Words words = few;
    words.insert(words.end(), more.begin(), more.end());
    return run(words).out;
  };
  const std::string all = fmt::format("{} CPUs", kernels::allowed_cpus());
  expect_contains(out({"1"}), "threads: 1 on " + all + " (as many as a batch has samples)");
  expect_contains(out({"2", "--threads", "1"}), "threads: 1 on " + all + ", ");
  expect_contains(out({"2"}), "threads: 2");
}

TEST_F(ProgramCompare, KeepsToOpenMpsLimitOfThreads) {
  const Words one = {"OMP_THREAD_LIMIT=1"};
  for (const Words& words : {race({"--threads", "2"}), Words{"info", "--threads", "2"}, {"profile", "--threads", "2"}})
    expect_error(ExitCode::kUsage, "--threads: expected no more than OpenMP's limit", words, one);
  const Words unsaid = {"--data-dir", data().string(), "--epochs", "1"};
  expect_contains(run(unsaid, one).out, "threads: 1");
}

TEST_F(ProgramCompare, SaysWhereThreadsHaveTooLittleStack) {
  if (sysconf(_SC_THREAD_STACK_MIN) > 32 << 10) GTEST_SKIP() << "no thread here may have so little";
  expect_error(ExitCode::kFailure, "KiB and need 64 (OMP_STACKSIZE", race({}), {"OMP_STACKSIZE=32k"});
  EXPECT_EQ(run(race({"--quiet"}), {"OMP_STACKSIZE=64k"}).exit_code, 0);
}

TEST_F(ProgramCompare, RefusesWrongUsageInOneSentence) {
  expect_error(ExitCode::kUsage, "--threads", race({"--threads", "0"}));
  expect_error(ExitCode::kUsage, "--epochs", race({"--epochs", "many"}));
  expect_error(ExitCode::kUsage, "--seed", race({"--seed", "-1"}));
  expect_error(ExitCode::kUsage, "--order", race({"--order", "any"}));
  expect_error(ExitCode::kUsage, "one seed", race({"--order", "continue", "--seeds", "2"}));
  for (const char* accuracy : {"0", "98.5", "nan", "-1"})
    expect_error(ExitCode::kUsage, "--target-accuracy", race({"--target-accuracy", accuracy}));
  for (const char* seeds : {"0", "1,", "many", "2000", "-1", "1;2"})
    expect_error(ExitCode::kUsage, "--seeds", race({"--seeds", seeds}));
  expect_error(ExitCode::kUsage, "expected distinct seeds, found 1 and 1", race({"--seeds", "1,1"}));
  expect_error(ExitCode::kUsage, "found 0 and 4294967296:", race({"--seeds", "0,4294967296"}));
  expect_error(ExitCode::kUsage, "--bogus", race({"--bogus"}));
  expect_error(ExitCode::kUsage, "bogus", {"bogus"});
  expect_error(ExitCode::kUsage, "--out", race({"--save-weights"}));
  expect_error(ExitCode::kUsage, "nobody", race({"--optimizer", "nobody"}));
  expect_error(ExitCode::kUsage, "speed", race({"--optimizer", "adam:speed=1"}));
  expect_error(ExitCode::kUsage, "fast", race({"--optimizer", "adam:lr=fast"}));
  expect_error(ExitCode::kUsage, "'a'", race({"--optimizer", "a@adam", "--optimizer", "a@adam"}));
  expect_error(ExitCode::kUsage, "label 'init': it is that of the initial weights", race({"--optimizer", "init@adam"}));
  expect_error(ExitCode::kUsage, "sweep 'adam:..='", race({"--sweep", "adam:..="}));
  expect_error(ExitCode::kUsage, "6502", race({"--isa", "6502"}));
  expect_error(ExitCode::kUsage, "6502", race(), {"GRADRACE_ISA=6502"});
  expect_error(ExitCode::kUsage, "subcommand", {"data"});
  expect_error(ExitCode::kUsage, "see gradrace --help", race({"--bogus"}));
  expect_error(ExitCode::kUsage, "see gradrace report --help", {"report"});
}

}  // namespace
}  // namespace gradrace
