#include "engine/race/checkpoint_file.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#include "engine/base/error.hpp"
#include "engine/files/json.hpp"
#include "engine/files/safetensors.hpp"
#include "engine/files/sha256.hpp"
#include "engine/race/run_json.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;

constexpr const char* kVersion = "2";  ///< of the format; 1 kept the JSON in the header
constexpr const char *kVersionKey = "checkpoint_version", *kChecksumKey = "sha256";
constexpr const char *kDocument = "checkpoint", *kStepLoss = "step_loss", *kAnswerLoss = "answer_loss",
                     *kAnswerLabel = "answer_label";
constexpr const char* kState = "state.";  ///< begins the names of the optimizer's arrays

template <class Values>
std::string_view bytes_of(const Values& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof *values.data()};
}

/// Of all of the entries, in whatever order.
std::string checksum_of_all(std::span<const SafetensorsEntry> entries) {
  const auto sum_of = [](std::string_view bytes) {
    return sha256({{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}});
  };
  std::vector<std::string> sums;
  for (const auto& [name, dtype, shape, bytes] : entries)
    sums.push_back(fmt::format("{} {} [{}] {}\n", name, dtype, fmt::join(shape, ", "), sum_of(bytes)));
  std::ranges::sort(sums);
  return sum_of(fmt::format("{}", fmt::join(sums, "")));
}

ordered_json part_json(const EpochPart& part) {
  return {{"order_seed", part.order_seed},
          {"train_seconds", part.train_seconds},
          {"suspended_seconds", part.suspended_seconds},
          {"stage_seconds", stages_json(part.stages)}};
}

EpochPart part_from(const ordered_json& json) {
  const ordered_json& seed = json.at("order_seed");
  if (!seed.is_number_unsigned()) throw data_error("expected a seed, found {}", shown(seed));
  return {seed.get<std::uint64_t>(), json.at("train_seconds"), json.value("suspended_seconds", 0.0),
          stages_from(json.at("stage_seconds"))};
}

const ordered_json* entry(const ordered_json& object, const std::string& key) {
  return object.contains(key) ? &object[key] : nullptr;
}

/// Throws usage_error that names the first entry in which a checkpoint differs from what is asked for.
void expect_same(const ordered_json* saved, const ordered_json* wanted, const std::string& place,
                 const std::string& source) {
  if (saved && wanted && *saved == *wanted) return;
  const std::string inside = place.empty() ? "" : place + ".";
  if (saved && wanted && saved->is_object() && wanted->is_object()) {
    for (const ordered_json* object : {wanted, saved})
      for (const auto& [key, unused] : object->items())
        expect_same(entry(*saved, key), entry(*wanted, key), inside + key, source);
  } else if (saved && wanted && saved->is_array() && wanted->is_array() && saved->size() == wanted->size()) {
    for (std::size_t i = 0; i < saved->size(); ++i)
      expect_same(&(*saved)[i], &(*wanted)[i], fmt::format("{}{}", inside, i + 1), source);
  } else {
    throw usage_error("{} belongs to another race: {} is {} there and {} here", source, place,
                      saved ? shown(*saved) : "missing", wanted ? shown(*wanted) : "missing");
  }
}

/// What makes a run that run, out of its run_json.
ordered_json identity(const ordered_json& run) {
  ordered_json identity = ordered_json::object();
  for (const char* key : {"label", "optimizer", "options", "seed"}) identity[key] = run.at(key);
  return identity;
}

/// Takes the tensor of that name out.
SafetensorsEntry extract(std::vector<SafetensorsEntry>& entries, const std::string& name, const char* dtype,
                         const std::string& source) {
  const auto found = std::ranges::find(entries, name, &SafetensorsEntry::name);
  if (found == entries.end()) throw data_error("{}: tensor {} is missing", source, name);
  SafetensorsEntry extracted = std::move(*found);
  entries.erase(found);
  if (extracted.dtype != dtype || extracted.shape.size() != 1)
    throw data_error("{}: tensor {}: expected a vector of {}, found {} [{}]", source, name, dtype, extracted.dtype,
                     fmt::join(extracted.shape, ", "));
  return extracted;
}

std::vector<Answer> extract_answers(std::vector<SafetensorsEntry>& entries, const std::string& source) {
  const std::vector<float> losses = tensor_of(extract(entries, kAnswerLoss, "F32", source), source).values;
  const SafetensorsEntry labels = extract(entries, kAnswerLabel, "U8", source);
  if (labels.bytes.size() != losses.size())
    throw data_error("{}: expected as many answer labels as losses, found {} and {}", source, labels.bytes.size(),
                     losses.size());
  std::vector<Answer> answers;
  for (std::size_t i = 0; i < losses.size(); ++i) answers.push_back({losses[i], std::uint8_t(labels.bytes[i])});
  return answers;
}

Generator generator_from(const ordered_json& json, const std::string& source) {
  const auto is_word = [](const ordered_json& word) {
    return word.is_number_unsigned() && std::in_range<std::uint32_t>(word.get<std::uint64_t>());
  };
  if (!json.is_array() || !std::ranges::all_of(json, is_word))
    throw data_error("{}: expected the generator's state in 32-bit words, found {}", source, shown(json));
  const auto words = json.get<std::vector<std::uint32_t>>();
  if (!Generator::is_state(words)) throw data_error("{}: expected the generator's state, found another", source);
  return Generator(words);
}

void expect_version(const SafetensorsMetadata& metadata, const std::string& source) {
  const auto version = metadata.find(kVersionKey);
  if (version == metadata.end() && !metadata.contains("checkpoint"))
    throw data_error("{}: expected a checkpoint, found other tensors", source);
  const std::string found = version == metadata.end() ? "1" : version->second;
  if (found != kVersion)
    throw data_error("{}: expected a checkpoint of version {}, found one of version {}", source, kVersion, found);
}

void read_progress(const ordered_json& json, const std::string& source, Checkpoint& checkpoint) {
  try {
    set_progress(json.at("run"), checkpoint.run);
    if (json.contains("part")) checkpoint.part = part_from(json["part"]);
  } catch (const Error& error) {
    throw data_error("{}: {}", source, error.what());
  }
}

/// The parts of the document, and the tensors that are left.
Checkpoint checkpoint_from(const ordered_json& json, std::vector<SafetensorsEntry> entries, const std::string& source,
                           const RunResult& run) {
  Checkpoint checkpoint{run, {}, {}, generator_from(json.at("generator"), source)};
  read_progress(json, source, checkpoint);
  checkpoint.run.step_loss = tensor_of(extract(entries, kStepLoss, "F32", source), source).values;
  checkpoint.run.answers = extract_answers(entries, source);
  checkpoint.run.parameters.clear();
  for (const SafetensorsEntry& entry : entries)
    (entry.name.starts_with(kState) ? checkpoint.optimizer_state : checkpoint.run.parameters)
        .push_back(tensor_of(entry, source));
  return checkpoint;
}

}  // namespace

void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint, const ordered_json& race) {
  const RunResult& run = checkpoint.run;
  ordered_json json = {{"race", race}, {"run", run_json(run)}, {"generator", checkpoint.generator.state()}};
  if (checkpoint.part) json["part"] = part_json(*checkpoint.part);
  const std::string document = json.dump();
  std::vector<float> losses;
  std::vector<std::uint8_t> labels;
  for (const Answer& answer : run.answers) {
    losses.push_back(answer.loss);
    labels.push_back(answer.label);
  }
  std::vector<SafetensorsEntry> entries;
  const auto add = [&](const std::string& name, const char* dtype, const auto& values) {
    entries.push_back({name, dtype, {std::ssize(values)}, bytes_of(values)});
  };
  for (const std::vector<NamedTensor>* tensors : {&run.parameters, &checkpoint.optimizer_state})
    for (const NamedTensor& tensor : *tensors) entries.push_back(entry_of(tensor));
  add(kStepLoss, "F32", run.step_loss);
  add(kAnswerLoss, "F32", losses);
  add(kAnswerLabel, "U8", labels);
  add(kDocument, "U8", document);
  write_safetensors(path, entries, {{kVersionKey, kVersion}, {kChecksumKey, checksum_of_all(entries)}});
}

Checkpoint parse_checkpoint(std::string_view file, const std::string& source, const ordered_json& race,
                            const RunResult& run, const RunForm& form) {
  SafetensorsMetadata metadata = parse_safetensors_metadata(file, source);
  expect_version(metadata, source);
  std::vector<SafetensorsEntry> entries = parse_safetensors(file, source);
  if (const std::string sum = checksum_of_all(entries); sum != metadata[kChecksumKey])
    throw data_error("{}: expected a checkpoint with the checksum {}, found '{}'", source, sum, metadata[kChecksumKey]);
  const SafetensorsEntry document = extract(entries, kDocument, "U8", source);
  try {
    const ordered_json json =
        parse_json(document.bytes, source, {.first_byte = std::size_t(document.bytes.data() - file.data())});
    expect_same(&json.at("race"), &race, "", source);
    const ordered_json there = identity(json.at("run")), here = identity(run_json(run));
    expect_same(&there, &here, "", source);
    Checkpoint checkpoint = checkpoint_from(json, std::move(entries), source, run);
    expect_consistent(checkpoint, form, source);
    return checkpoint;
  } catch (const ordered_json::exception& error) {
    throw data_error("{}: expected a checkpoint, found what this program does not write: {}", source, error.what());
  }
}

}  // namespace gradrace
