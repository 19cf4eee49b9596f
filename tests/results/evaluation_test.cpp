#include "engine/results/evaluation.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/races.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;

RunResult run_of(const std::vector<Answer>& answers, std::uint64_t seed = 0) {
  RunResult run;
  run.seed = seed;
  run.epochs.resize(2);
  run.answers = answers;
  return run;
}

ordered_json evaluated(const std::vector<RunResult>& runs, const ImageSet& test) {
  ordered_json results = {{"runs", ordered_json::array()}};
  for (std::size_t i = 0; i < runs.size(); ++i) results["runs"].push_back(ordered_json::object());
  add_evaluation(results, runs, test);
  return results;
}

const ImageSet kThree = {.count = 3,
                         .height = 1,
                         .width = 4,
                         .classes = 10,
                         .pixels = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255, 254},
                         .labels = {7, 0, 9}};

TEST(Evaluation, CountsAnswersAndKeepsThemAll) {
  const ordered_json results = evaluated({run_of({{0.123456f, 7}, {2, 3}, {0, 9}})}, kThree);
  const ordered_json& evaluation = results["runs"][0]["evaluation"];
  EXPECT_EQ(evaluation["epoch"], 2);
  EXPECT_EQ(evaluation["answers"], ordered_json({7, 3, 9}));
  EXPECT_EQ(evaluation["losses"].dump(), "[0.1235,2.0,0.0]");
  for (int label = 0; label < 10; ++label)
    for (int answer = 0; answer < 10; ++answer) {
      const bool hit = (label == 7 && answer == 7) || (label == 0 && answer == 3) || (label == 9 && answer == 9);
      EXPECT_EQ(evaluation["confusion"][std::size_t(label)][std::size_t(answer)], int(hit)) << label << answer;
    }
}

TEST(Evaluation, ListsTheHardestImagesOfTheFirstSeedWorstFirst) {
  const ordered_json results = evaluated(
      {run_of({{1, 0}, {0, 0}, {3, 0}}), run_of({{1.5f, 0}, {0, 0}, {0, 0}}), run_of({{9, 0}, {9, 0}, {0, 0}}, 1)},
      kThree);
  ASSERT_EQ(results["hardest"].size(), 2u) << "an image without any loss is not hard";
  EXPECT_EQ(results["hardest"][0],
            ordered_json::parse(R"({"index": 2, "label": 9, "height": 1, "width": 4, "channels": 1,
                                                           "pixels": "CAn//g=="})"));
  EXPECT_EQ(results["hardest"][1]["index"], 0);
  EXPECT_EQ(results["hardest"][1]["pixels"], "AAECAw==");
  EXPECT_FALSE(results["runs"][2].contains("evaluation"));
}

TEST(Evaluation, CountsAsManyClassesAsThereAreOrWereAnswered) {
  ImageSet test = kThree;
  test.classes = 100;
  const auto confusion = [&](std::uint8_t answer) {
    return evaluated({run_of({{0, answer}, {0, 0}, {0, 9}})}, test)["runs"][0]["evaluation"]["confusion"];
  };
  EXPECT_EQ(confusion(99).size(), 100u);
  EXPECT_EQ(confusion(99)[7][99], 1);
  EXPECT_EQ(confusion(255).size(), 256u) << "a network may have outputs to spare";
}

TEST(Evaluation, KeepsTheColoursOfTheHardestImages) {
  const ImageSet test = {
      .count = 1, .height = 1, .width = 2, .channels = 3, .classes = 2, .pixels = {255, 0, 1, 2, 3, 4}, .labels = {1}};
  const ordered_json image = evaluated({run_of({{1, 0}})}, test)["hardest"][0];
  EXPECT_EQ(image["channels"], 3);
  EXPECT_EQ(image["pixels"], "/wABAgME");
}

TEST(Evaluation, LeavesLossesThatAreNoNumbersOutOfTheSum) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const ordered_json results =
      evaluated({run_of({{nan, 0}, {8, 0}, {nan, 0}}), run_of({{1, 7}, {0, 0}, {2, 9}})}, kThree);
  EXPECT_TRUE(ordered_json::parse(results.dump())["runs"][0]["evaluation"]["losses"][0].is_null());
  ASSERT_EQ(results["hardest"].size(), 2u);
  EXPECT_EQ(results["hardest"][0]["index"], 2);
}

TEST(Evaluation, IsThatOfTheLastEpoch) {
  const Dataset data = small_dataset(24, 30);
  RaceOptions options = small_race({"adam"});
  options.trainer.test_batch_size = 12;
  options.threads = 3;
  const RaceResult race = run_race(options, data);
  const RunResult& run = race.runs[0];
  ASSERT_EQ(run.answers.size(), 30u);
  double loss = 0;
  Index correct = 0;
  for (std::size_t i = 0; i < run.answers.size(); ++i) {
    loss += double(run.answers[i].loss);
    correct += run.answers[i].label == data.test.labels[i];
  }
  EXPECT_EQ(loss / 30, run.epochs.back().test.loss);
  EXPECT_EQ(correct, run.epochs.back().test.correct);
}

}  // namespace
}  // namespace gradrace
