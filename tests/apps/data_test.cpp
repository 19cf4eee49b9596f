// gradrace data, and the data that a race finds or refuses.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/apps/program.hpp"

namespace gradrace {
namespace {

using ProgramData = ProgramTest;

TEST_F(ProgramData, MakesAndVerifiesData) {
  const Outcome made = run({"data", "make", "--data-dir", in_directory("digits")});
  EXPECT_EQ(made.exit_code, 0) << made.err;
  expect_error(ExitCode::kCheck, "not MNIST", {"data", "verify", "--data-dir", in_directory("digits")});
  expect_error(ExitCode::kData, "already", {"data", "make", "--data-dir", in_directory("digits")});
  expect_error(ExitCode::kData, "missing", {"data", "verify", "--data-dir", in_directory("nowhere")});
  expect_error(ExitCode::kData, "127.0.0.1", {"data", "fetch"});
  expect_error(ExitCode::kCheck, "not KMNIST's",
               {"data", "verify", "--dataset", "kmnist", "--data-dir", in_directory("digits")});
  expect_error(ExitCode::kUsage, "fashion-mnist", {"data", "fetch", "--dataset", "digits"});
}

TEST_F(ProgramData, FallsBackToDigitsUnmistakably) {
  const Words words = {"--epochs", "1", "--train-limit", "32", "--test-limit", "32", "--out", in_directory("out")};
  const Outcome outcome = run(words);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  expect_contains(outcome.out, "This is not MNIST");
  const auto json = nlohmann::json::parse(read_text(directory_ / "out/results.json"));
  EXPECT_EQ(json["data"]["name"], "digits");
  expect_contains(json["data"]["notice"], "This is not MNIST");
  const std::string steps = read_text(directory_ / "out/steps.csv");
  EXPECT_TRUE(steps.starts_with("optimizer,seed,epoch,step,loss,data\nadadelta,0,1,1,")) << steps;
  EXPECT_TRUE(steps.ends_with(",digits\n")) << steps;
  expect_error(ExitCode::kData, "127.0.0.1", {"--dataset", "mnist", "--epochs", "1"});
}

TEST_F(ProgramData, ScalesAndSortsIntoClassesAsAskedFor) {
  const Outcome outcome =
      run(race({"--classes", "12", "--mean", "0.5", "--std", "0.25", "--out", in_directory("out")}));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  expect_contains(outcome.out, "pixels    28x28x1 in 12 classes, mean: 0.5, deviation: 0.25, given");
  const auto json = nlohmann::json::parse(read_text(directory_ / "out/results.json"));
  EXPECT_EQ(json["data"]["classes"].size(), 12u);
  EXPECT_EQ(json["runs"][0]["evaluation"]["confusion"].size(), 12u);
  EXPECT_EQ(json["data"]["normalization"]["mean"], nlohmann::json({0.5}));
  expect_error(ExitCode::kData, "train-labels-idx1-ubyte: expected labels from 0 to 8, found 9 at byte 17",
               race({"--classes", "9"}));
  expect_error(ExitCode::kUsage, "--classes", race({"--classes", "257"}));
  for (const char* numbers : {"0.5/", "/0.5", "", "half", "nan", "0.5,0.5"})
    expect_error(ExitCode::kUsage, "--mean", race({"--mean", numbers}));
  expect_error(ExitCode::kUsage, "for each of the 1 channels of the images, found 2", race({"--std", "0.5/0.5"}));
  expect_error(ExitCode::kUsage, "deviations above 0", race({"--std", "0"}));
}

TEST_F(ProgramData, RacesOnColourImages) {
  write_cifar_set(directory_ / "cifar");
  const Outcome outcome = run({"--dataset", "cifar10", "--data-dir", in_directory("cifar"), "--epochs", "1",
                               "--threads", "1", "--out", in_directory("out")});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  expect_contains(outcome.out, "32x32x3 in 10 classes, mean: 0.4914/0.4822/0.4465, deviation: 0.247/0.2435/0.2616");
  const auto json = nlohmann::json::parse(read_text(directory_ / "out/results.json"));
  EXPECT_EQ(json["hardest"][0]["channels"], 3);
  EXPECT_EQ(json["runs"][0]["filters"]["shape"], nlohmann::json({16, 3, 3, 3}));
  expect_error(ExitCode::kData, "data_batch_3.bin: the file is missing",
               {"data", "verify", "--dataset", "cifar10", "--data-dir", in_directory("cifar")});
}

TEST_F(ProgramData, RefusesAWrongDirectory) {
  expect_error(ExitCode::kData, "nowhere", {"--data-dir", in_directory("nowhere")});
  std::filesystem::remove(data() / kMnistFiles[kTestLabels].name);
  expect_data_error("t10k-labels-idx1-ubyte");
}

TEST_F(ProgramData, RefusesDamagedFiles) {
  const KnownFile& images = kMnistFiles[kTrainImages];
  const Bytes good = idx_file(shape_of(images));
  const std::filesystem::path gzip = data() / fmt::format("{}.gz", images.name);
  Bytes packed = gzip_compressed(good);
  packed[packed.size() / 2] ^= 0x55;
  write_bytes(gzip, packed);
  expect_data_error("train-images-idx3-ubyte.gz");
  packed = gzip_compressed(good);
  packed.resize(packed.size() / 2);
  write_bytes(gzip, packed);
  expect_data_error("train-images-idx3-ubyte.gz");
  std::filesystem::remove(gzip);

  Bytes bad = good;
  bad[3] = 1;
  write_data(images, bad);
  expect_data_error("train-images-idx3-ubyte");
  bad = good;
  bad[4] = 0x80;
  write_data(images, bad);
  expect_data_error("train-images-idx3-ubyte");
}

TEST_F(ProgramData, RefusesLabelsThatDoNotFit) {
  const KnownFile& labels = kMnistFiles[kTrainLabels];
  write_data(labels, idx_file(shape_of(labels, 1)));
  expect_data_error("41");
  write_data(labels, idx_file(shape_of(labels), 11));
  expect_error(ExitCode::kData, "found 10", race({"--classes", "10"}));
}

}  // namespace
}  // namespace gradrace
