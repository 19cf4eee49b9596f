#include "engine/race/checkpoint.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <system_error>

#include "engine/base/error.hpp"
#include "engine/files/atomic_file.hpp"
#include "engine/files/safetensors.hpp"
#include "engine/files/sha256.hpp"
#include "engine/race/run_json.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr const char* kExtension = ".safetensors";
constexpr const char *kStepLoss = "step_loss", *kAnswerLoss = "answer_loss", *kAnswerLabel = "answer_label";

bool holds_checkpoints(const fs::path& directory) {
  std::error_code error;
  bool found = false;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error))
    found = found || it->path().extension() == kExtension;
  if (error) throw failure("cannot read the directory {}: {}", directory.string(), error.message());
  return found;
}

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Of the text and all of the tensors, in whatever order (a file does not keep that of empty ones).
std::string checksum_of_all(std::string_view text, std::span<const NamedTensor> tensors) {
  std::vector<std::string> sums;
  for (const NamedTensor& tensor : tensors)
    sums.push_back(fmt::format("{} [{}] {}", tensor.name, fmt::join(tensor.shape, ", "), checksum(tensor)));
  std::ranges::sort(sums);
  const std::string all = fmt::format("{}\n{}", text, fmt::join(sums, "\n"));
  return sha256({bytes_of(all)});
}

/// Names the first entry in which a checkpoint differs from what is asked for.
void expect_same(const ordered_json& saved, const ordered_json& wanted, const std::string& path) {
  const auto text = [](const ordered_json& object, const std::string& key) {
    return object.contains(key) ? object[key].dump() : "missing";
  };
  for (const ordered_json* object : {&wanted, &saved})
    for (const auto& [key, unused] : object->items())
      if (text(saved, key) != text(wanted, key))
        throw usage_error("{} belongs to another race: {} is {} there and {} here", path, key, text(saved, key),
                          text(wanted, key));
}

/// What makes a run that run, out of its run_json.
ordered_json identity(const ordered_json& run) {
  ordered_json identity;
  for (const char* key : {"label", "optimizer", "options", "seed"}) identity[key] = run[key];
  return identity;
}

ordered_json part_json(const EpochPart& part) {
  return {{"order_seed", part.order_seed},
          {"train_seconds", part.train_seconds},
          {"stage_seconds", stages_json(part.stages)}};
}

EpochPart part_from(const ordered_json& json) {
  return {json.at("order_seed"), json.at("train_seconds"), stages_from(json.at("stage_seconds"))};
}

/// Takes the tensor of that name out.
NamedTensor extract(std::vector<NamedTensor>& tensors, const std::string& name, const std::string& path) {
  const auto tensor = std::ranges::find(tensors, name, &NamedTensor::name);
  if (tensor == tensors.end()) throw data_error("{}: tensor {} is missing", path, name);
  NamedTensor found = std::move(*tensor);
  tensors.erase(tensor);
  return found;
}

void append(const std::vector<Answer>& answers, std::vector<NamedTensor>& tensors) {
  NamedTensor losses{kAnswerLoss, {std::ssize(answers)}, {}}, labels{kAnswerLabel, {std::ssize(answers)}, {}};
  for (const Answer& answer : answers) {
    losses.values.push_back(answer.loss);
    labels.values.push_back(float(answer.label));
  }
  tensors.insert(tensors.end(), {losses, labels});
}

/// A class, which the file keeps as a float.
std::uint8_t label_of(float value, const std::string& path) {
  if (!(value >= 0 && value < float(kMostClasses)) || value != std::floor(value))
    throw data_error("{}: tensor {}: expected whole numbers from 0 to {}, found {}", path, kAnswerLabel,
                     kMostClasses - 1, value);
  return std::uint8_t(value);
}

/// To all of the images, or none before the first epoch.
std::vector<Answer> extract_answers(std::vector<NamedTensor>& tensors, Index images, const std::string& path) {
  const NamedTensor losses = extract(tensors, kAnswerLoss, path), labels = extract(tensors, kAnswerLabel, path);
  for (const NamedTensor* tensor : {&losses, &labels})
    if (tensor->values.size() != losses.values.size() ||
        (!losses.values.empty() && std::ssize(tensor->values) != images))
      throw data_error("{}: tensor {}: expected one number for each of {} test images, found {}", path, tensor->name,
                       images, tensor->values.size());
  std::vector<Answer> answers;
  for (std::size_t i = 0; i < losses.values.size(); ++i)
    answers.push_back({losses.values[i], label_of(labels.values[i], path)});
  return answers;
}

}  // namespace

std::string checksum(const NamedTensor& tensor) {
  return sha256(
      {bytes_of({reinterpret_cast<const char*>(tensor.values.data()), tensor.values.size() * sizeof(float)})});
}

Checkpoints::Checkpoints(fs::path directory, ordered_json race, bool resume)
    : directory_(std::move(directory)), lock_(directory_, "checkpoints"), race_(std::move(race)) {
  if (!resume && holds_checkpoints(directory_))
    throw usage_error("{} holds checkpoints already: resume from them, or name another directory", directory_.string());
  expect_writable(directory_ / "checkpoint");
}

fs::path Checkpoints::path(const RunResult& run) const {
  return directory_ / fmt::format("{}_seed{}{}", run.label, run.seed, kExtension);
}

void Checkpoints::save(const Checkpoint& checkpoint) const {
  const RunResult& run = checkpoint.run;
  std::vector<NamedTensor> tensors = run.parameters;
  tensors.insert(tensors.end(), checkpoint.optimizer_state.begin(), checkpoint.optimizer_state.end());
  tensors.push_back({kStepLoss, {std::ssize(run.step_loss)}, run.step_loss});
  append(run.answers, tensors);
  ordered_json json = {{"race", race_}, {"run", run_json(run)}, {"generator", checkpoint.generator.state()}};
  if (checkpoint.part) json["part"] = part_json(*checkpoint.part);
  const std::string text = json.dump();
  write_safetensors(path(run), tensors, {{"checkpoint", text}, {"sha256", checksum_of_all(text, tensors)}});
}

std::optional<Checkpoint> Checkpoints::find(const RunResult& run, Index test_images) const {
  const std::string file = path(run).string();
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return {};
  std::vector<NamedTensor> tensors = read_safetensors(file);
  std::map<std::string, std::string> metadata = read_safetensors_metadata(file);
  const std::string& text = metadata["checkpoint"];
  if (const std::string sum = checksum_of_all(text, tensors); sum != metadata["sha256"])
    throw data_error("{}: expected a checkpoint with the checksum {}, found '{}'", file, sum, metadata["sha256"]);
  const ordered_json json = ordered_json::parse(text);  // written by save(), as the checksum says
  expect_same(json["race"], race_, file);
  expect_same(identity(json["run"]), identity(run_json(run)), file);
  Checkpoint checkpoint{run, {}, {}, Generator(json["generator"].get<std::vector<std::uint32_t>>())};
  set_progress(json["run"], checkpoint.run);
  if (json.contains("part")) checkpoint.part = part_from(json["part"]);
  checkpoint.run.step_loss = extract(tensors, kStepLoss, file).values;
  checkpoint.run.answers = extract_answers(tensors, test_images, file);
  for (NamedTensor& tensor : tensors)
    (tensor.name.starts_with("state.") ? checkpoint.optimizer_state : checkpoint.run.parameters)
        .push_back(std::move(tensor));
  return checkpoint;
}

}  // namespace gradrace
