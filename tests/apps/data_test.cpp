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
  expect_contains(read_text(directory_ / "out/steps.csv"), "# This is not MNIST");
  expect_error(ExitCode::kData, "127.0.0.1", {"--dataset", "mnist", "--epochs", "1"});
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
  expect_data_error("10");
}

}  // namespace
}  // namespace gradrace
