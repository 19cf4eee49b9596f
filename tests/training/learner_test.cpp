#include "engine/training/learner.hpp"

#include <gtest/gtest.h>

#include "tests/convnet.hpp"
#include "tests/races.hpp"

namespace gradrace {
namespace {

TEST(Learner, LearnsWhatARunOfARaceDoes) {
  const Dataset data = small_dataset();
  const RaceOptions race = small_race({"adam:lr=0.001,schedule=cosine"});
  Learner learner(convnet(12, 12), "adam:lr=0.001,schedule=cosine", data.train,
                  {.epochs = race.epochs, .normalization = data.normalization, .trainer = race.trainer});
  const RunResult run = run_race(race, data).runs[0];
  for (const EpochResult& epoch : run.epochs) {
    EXPECT_EQ(learner.epoch(), epoch.train_loss_mean);
    EXPECT_EQ(learner.evaluate(data.test).loss, epoch.test.loss);
  }
  const std::vector<NamedTensor> values = learner.model().values();
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(values[i].values, run.parameters[i].values);
}

TEST(Learner, MeasuresThePixelsUnlessToldOtherwise) {
  const Dataset data = small_dataset();
  const auto loss = [&](std::optional<Normalization> normalization) {
    return Learner(convnet(12, 12), "sgd:lr=0.01", data.train, {.normalization = normalization}).epoch();
  };
  EXPECT_EQ(loss({}), loss(measured_normalization(data.train)));
  EXPECT_NE(loss({}), loss(Normalization()));
}

TEST(Learner, RefusesWhatDoesNotFit) {
  const Dataset data = small_dataset();
  EXPECT_THROW(Learner(convnet(12, 12), "nobody", data.train), Error);
  const Network other{.input = {28, 28, 1}, .layers = {Spec::parse("linear:out_features=10")}};
  EXPECT_THROW(Learner(other, "adam", data.train), Error);
}

}  // namespace
}  // namespace gradrace
