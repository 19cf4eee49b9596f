#include <unistd.h>

#include <filesystem>

#include "engine/files/file.hpp"
#include "engine/race/checkpoint_file.hpp"
#include "tests/fuzzing/fuzzer.hpp"

namespace gradrace {
namespace {

/// A race of two epochs of two steps, of a network with one parameter of two numbers.
const nlohmann::ordered_json kRace = {{"epochs", 2}, {"batch_size", 8}};
const std::vector<StageSeconds> kStages = {{Phase::kForward, "fc1"}};

RunForm form() {
  RunForm form{.states = 1, .stages = kStages, .epochs = 2, .steps_per_epoch = 2, .test_images = 2, .classes = 10};
  form.parameters.push_back({.name = "w", .shape = {2}, .draw_initial = {}, .layout = {}, .place = {}});
  return form;
}

/// Its run after so many steps.
RunResult run_after(std::size_t steps) {
  RunResult run;
  run.label = run.optimizer = "adam";
  run.options = {{"lr", "0.001"}};
  run.steps_per_epoch = 2;
  run.step_loss = std::vector<float>(steps, 0.5f);
  if (steps >= 2) run.convergence = {2, 0.25};
  for (Index epoch = 1; epoch <= Index(steps) / 2; ++epoch)
    run.epochs.push_back({epoch, 0.5, 0.5, 0.5f, {.loss = 0.5, .correct = 1, .total = 2}, {}, kStages});
  if (steps >= 2) run.answers = {{0.25f, 3}, {0.75f, 4}};
  run.parameters = {{"w", {2}, {1, 2}}};
  if (steps == 4) run.status = Status::kFinished;
  return run;
}

Checkpoint parse(std::string_view file) {
  return parse_checkpoint(file, "some.safetensors", kRace, run_after(0), form());
}

std::string file_of(const Checkpoint& checkpoint) {
  const auto path = std::filesystem::temp_directory_path() / fmt::format("gradrace-checkpoint-{}", ::getpid());
  write_checkpoint(path, checkpoint, kRace);
  std::string file = read_text(path, kMaxFileBytes);
  std::filesystem::remove(path);
  parse(file);  // a seed must be one that is believed
  return file;
}

/// The file with this checksum in place of its own.
std::string forged(std::string_view file, std::string_view sum) {
  const std::string_view key = R"("sha256":")";
  std::string text(file);
  if (const std::size_t at = text.find(key); at != text.npos) text.replace(at + key.size(), sum.size(), sum);
  return text;
}

}  // namespace

/// Once more with the checksum that the refusal says: a forger could compute it, too.
void fuzz(std::string_view input) {
  try {
    parse(input);
  } catch (const Error& error) {
    const std::string sentence = error.what(), before = "with the checksum ";
    const std::size_t at = sentence.find(before);
    if (at == sentence.npos) throw;
    parse(forged(input, std::string_view(sentence).substr(at + before.size(), 64)));
  }
}

std::vector<std::string> seeds() {
  std::vector<std::string> files;
  for (const std::size_t steps : {1, 2, 3, 4}) {
    Checkpoint checkpoint{run_after(steps), {}, {{"state.0.w", {2}, {3, 4}}}, Generator(1)};
    if (steps % 2 == 1) checkpoint.part = EpochPart{.order_seed = 7, .train_seconds = 0.25, .stages = kStages};
    files.push_back(file_of(checkpoint));
  }
  return files;
}

std::vector<std::string> words() {
  return {R"(\"dtype\":\"U8\")",
          R"(\"data_offsets\":[)",
          R"(\"sha256\":\")",
          R"(\"checkpoint_version\":\"2\")",
          R"(\"status\":\")",
          R"(\"finished\")",
          R"(\"diverged\")",
          R"(\"interrupted\")",
          R"(\"target\":)",
          R"(\"metric\":\"loss\")",
          R"(\"validation_loss\":)",
          R"(\"order_seed\":)",
          "18446744073709551615",
          "1e300",
          "-1",
          "null"};
}

}  // namespace gradrace
