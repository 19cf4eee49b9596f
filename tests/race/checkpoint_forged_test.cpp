// Checkpoints with a right checksum that no race wrote: each is refused in a sentence, and none is believed.
#include <gtest/gtest.h>

#include "engine/race/checkpoint_file.hpp"
#include "tests/race/checkpoint_parts.hpp"

namespace gradrace {
namespace {

/// A race of two epochs of three steps, stopped after the fourth; and what was made of its checkpoint.
class ForgedCheckpoint : public testing::Test {
 protected:
  ForgedCheckpoint() { run_some(small_race({"adam"}), directory_ / "runs", 4); }

  fs::path file() const { return directory_ / "runs/adam_seed0.safetensors"; }

  /// The sentence with which it is refused after `forge(parts)`.
  template <class Forge>
  std::string refusal(const Forge& forge) {
    const std::string good = read_text(file());
    Parts parts = parts_of(file());
    forge(parts);
    write_parts(file(), parts);
    const auto try_it = [&] { run_some(small_race({"adam"}), directory_ / "runs"); };
    const std::string sum = error_of(ExitCode::kData, try_it);
    write_parts(file(), parts, sum.substr(sum.find("the checksum ") + 13, 64));  // a forger could compute it, too
    const std::string sentence = error_of(ExitCode::kData, try_it);
    EXPECT_EQ(sentence.find("checksum"), std::string::npos) << sentence;
    std::ofstream(file(), std::ios::binary) << good;
    return sentence;
  }

  /// Refused with each of these values in a place of the document.
  void expect_refused(const char* place, const std::vector<const char*>& values) {
    for (const char* value : values) {
      SCOPED_TRACE(fmt::format("{} = {}", place, value));
      const ordered_json::json_pointer pointer(place);
      expect_contains(refusal([&](Parts& parts) { parts.document[pointer] = ordered_json::parse(value); }),
                      "adam_seed0.safetensors: expected ");
    }
  }

  SafetensorsEntry& tensor(Parts& parts, const std::string& name) {
    return *std::ranges::find(parts.tensors, name, &SafetensorsEntry::name);
  }

  const TemporaryDirectory directory_;
};

TEST_F(ForgedCheckpoint, IsTakenAsItWas) {
  const std::string good = read_text(file());
  write_parts(file(), parts_of(file()), parts_of(file()).metadata.at("sha256"));
  EXPECT_EQ(read_text(file()), good);
  EXPECT_EQ(run_some(small_race({"adam"}), directory_ / "runs").runs[0].resumed_after, 4);
}

TEST_F(ForgedCheckpoint, WithOtherNumbersInItsDocument) {
  expect_refused("/generator", {"[]", "{}", "null", "[1,2,3]", R"(["a"])"});
  expect_refused("/generator/624", {"625", "4294967296", "-1", "1e300", "null"});
  expect_refused("/run", {"null", "[]", "{}"});
  expect_refused("/run/status", {R"("finished")", R"("diverged")", R"("gone")", "1"});
  expect_refused("/run/problem", {R"("a problem")", "1"});
  expect_refused("/run/steps_per_epoch", {"0", "-3", "4", "1e300", "18446744073709551615"});
  expect_refused("/run/epochs", {"[]", "{}", "null", "7", "[1]"});
  expect_refused("/run/epochs/0/epoch", {"0", "2", "-1", "0.5"});
  expect_refused("/run/epochs/0/train_seconds", {"-1", "null", R"("a")"});
  expect_refused("/run/epochs/0/train_loss_mean", {"0", "null"});
  expect_refused("/run/epochs/0/train_loss_last", {"0", "1e300"});
  expect_refused("/run/epochs/0/test_total", {"0", "9", "11", "-10"});
  expect_refused("/run/epochs/0/test_correct", {"11", "-1", "1e300", "18446744073709551615"});
  expect_refused("/run/epochs/0/stage_seconds", {"[]", "[1]", "{}"});
  expect_refused("/run/epochs/0/stage_seconds/0/phase", {R"("forward")", R"("gone")", "1"});
  expect_refused("/run/epochs/0/stage_seconds/0/stage", {R"("<b>")", "1"});
  expect_refused("/run/epochs/0/stage_seconds/0/mean", {"-1", "null"});
  expect_refused("/run/convergence", {R"({"step": 0, "train_seconds": 1})", R"({"step": 5, "train_seconds": 1})",
                                      R"({"step": 1, "train_seconds": -1})", "1", "{}"});
  expect_refused("/run/target", {R"({"metric": "speed", "value": 1, "epoch": 1, "step": 1, "train_seconds": 1})",
                                 R"({"metric": "loss", "value": 1, "epoch": 2, "step": 1, "train_seconds": 1})",
                                 R"({"metric": "loss", "value": 1, "epoch": 1, "step": 0, "train_seconds": 1})", "[]"});
  expect_refused("/part", {"null", "{}", "[]"});
  expect_refused("/part/order_seed", {"-1", "0.5", "1e300", R"("1")"});
  expect_refused("/part/train_seconds", {"-1", "null"});
  expect_refused("/part/stage_seconds", {"[]", "{}"});
}

TEST_F(ForgedCheckpoint, WithMoreOrLessInItsDocument) {
  expect_contains(refusal([](Parts& parts) { parts.document.erase("part"); }), "part of an epoch");
  for (const char* key : {"status", "epochs", "convergence", "target", "steps_per_epoch"})
    refusal([&](Parts& parts) { parts.document["run"].erase(key); });
  expect_contains(refusal([](Parts& parts) {
                    ordered_json& epochs = parts.document["run"]["epochs"];
                    while (epochs.size() < 6) epochs.push_back(ordered_json(epochs[0]));
                  }),
                  "at most 2 epochs");
  expect_contains(refusal([](Parts& parts) {
                    parts.document["run"]["epochs"][0]["validation_loss"] = 1;
                    parts.document["run"]["epochs"][0]["validation_correct"] = 1;
                    parts.document["run"]["epochs"][0]["validation_total"] = 1;
                  }),
                  "a validation where there are images for it");
  expect_contains(refusal([](Parts& parts) {
                    for (int i = 0; i < 200; ++i)
                      parts.document["more"] = ordered_json::array({parts.document["more"]});
                  }),
                  "nested more than 64 levels deep");
}

TEST_F(ForgedCheckpoint, WithOtherTensors) {
  const std::string values(4000, '\0');
  const auto with = [&](const char* name, std::vector<Index> shape, std::size_t bytes) {
    return refusal([&](Parts& parts) {
      tensor(parts, name).shape = shape;
      tensor(parts, name).bytes = std::string_view(values).substr(0, bytes);
    });
  };
  expect_contains(with("step_loss", {2}, 8), "losses of 3 to 6 steps");
  expect_contains(with("step_loss", {7}, 28), "losses of 3 to 6 steps");
  expect_contains(with("step_loss", {2, 2}, 16), "expected a vector of F32");
  expect_contains(with("answer_loss", {9}, 36), "as many answer labels as losses");
  expect_contains(with("answer_label", {0}, 0), "as many answer labels as losses");
  expect_contains(with("cn1.bias", {15}, 60), "a tensor cn1.bias [16]");
  expect_contains(with("cn1.bias", {4, 4}, 64), "a tensor cn1.bias [16]");
  expect_contains(with("state.1.cn1.bias", {17}, 68), "a tensor state.1.cn1.bias [16]");
  for (const std::string& wrong : {std::string(10, char(10)), std::string(10, char(200))})
    expect_contains(refusal([&](Parts& parts) { tensor(parts, "answer_label").bytes = wrong; }), "one of 10 classes");
  const std::string nan("\0\0\xc0\x7f\0\0\xc0\x7f\0\0\xc0\x7f\0\0\xc0\x7f", 16);
  expect_contains(refusal([&](Parts& parts) { tensor(parts, "step_loss").bytes = nan; }), "losses that are finite");
}

TEST_F(ForgedCheckpoint, WithMoreOrFewerTensors) {
  const std::string values(64, '\0');
  const auto without = [&](const std::string& name) {
    return refusal([&](Parts& parts) {
      std::erase_if(parts.tensors, [&](const SafetensorsEntry& entry) { return entry.name == name; });
    });
  };
  expect_contains(without("cn1.bias"), "expected 8 parameters");
  expect_contains(without("state.0.cn1.bias"), "expected 16 tensors of optimizer state");
  expect_contains(without("step_loss"), "tensor step_loss is missing");
  const auto with_one_more = [&](const char* name, const char* dtype) {
    return refusal([&](Parts& parts) { parts.tensors.push_back({name, dtype, {16}, std::string_view(values)}); });
  };
  expect_contains(with_one_more("more", "F32"), "expected 8 parameters");
  expect_contains(with_one_more("state.7.cn1.bias", "F32"), "expected 16 tensors of optimizer state");
  expect_contains(with_one_more("more", "I32"), "expected dtype F32, found I32");
}

}  // namespace
}  // namespace gradrace
