// Networks by name and from files: what fits together, and what a mistake is called.
#include "engine/training/network.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/base/error.hpp"
#include "engine/training/fusion.hpp"
#include "engine/training/network_file.hpp"
#include "engine/training/planned_layers.hpp"
#include "tests/data_files.hpp"
#include "tests/temporary_directory.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;

std::vector<std::string> texts(const Network& network) {
  std::vector<std::string> list;
  for (const Spec& layer : network.layers) list.push_back(layer.text());
  return list;
}

Network network_of(const Shape& input, const std::vector<std::string>& layers) {
  Network network{.name = "test", .input = input, .layers = {}};
  for (const std::string& layer : layers) network.layers.push_back(Spec::parse(layer));
  return network;
}

template <class Action>
void expect_usage_error(const std::string& sentence, const Action& action) {
  expect_contains(error_of(ExitCode::kUsage, action), sentence);
}

TEST(KnownNetworks, HaveTheParametersOfTheirPapers) {
  const std::map<std::string, Index> parameters = {{"convnet", 300'426}, {"logreg", 7'850},   {"mlp", 235'146},
                                                   {"lenet5", 61'706},   {"2c2d", 3'274'634}, {"3c3d", 895'210}};
  ASSERT_EQ(known_networks().size(), parameters.size());
  for (const Network& network : known_networks())
    EXPECT_EQ(parameter_count(network), parameters.at(network.name)) << network.name;
}

TEST(KnownNetworks, AdaptToImagesAndClasses) {
  for (const Network& known : known_networks()) {
    const Network network = fitted(known, {30, 34, 3}, 7);
    EXPECT_EQ(plan_layers(network).front().in.c, 3) << known.name;
    EXPECT_EQ(plan_layers(network).back().out.floats(), 7) << known.name;
  }
}

TEST(KnownNetworks, AreFoundByNameOnly) {
  EXPECT_EQ(find_network("mlp").name, "mlp");
  expect_usage_error("unknown network 'alexnet': expected one of convnet, logreg, mlp, lenet5, 2c2d, 3c3d",
                     [] { find_network("alexnet"); });
}

TEST(PlannedLayers, HaveNamesThatNoTwoShare) {
  const auto layers = plan_layers(network_of(
      {4, 4, 1}, {"linear:out_features=3", "relu", "second@linear:out_features=3", "relu", "linear:out_features=2"}));
  std::vector<std::string> names;
  for (const PlannedLayer& layer : layers) names.push_back(layer.name);
  EXPECT_EQ(names, (std::vector<std::string>{"linear", "relu", "second", "relu-2", "linear-2"}));
  EXPECT_EQ(layers[4].parameters.front().name, "linear-2.weight");
}

TEST(PlannedLayers, CountMultiplyAdds) {
  const auto layers = plan_layers(network_of({6, 8, 3}, {"conv2d:out_channels=5,kernel_size=3,padding=1,stride=2",
                                                         "tanh", "linear:out_features=7,bias=false"}));
  EXPECT_EQ(layers[0].layer->multiply_adds(), 3 * 4 * 5 * 27);
  EXPECT_EQ(layers[1].layer->multiply_adds(), 0);
  EXPECT_EQ(layers[2].layer->multiply_adds(), 3 * 4 * 5 * 7);
  EXPECT_EQ(layers[2].parameter_count(), 3 * 4 * 5 * 7);
}

TEST(Fusion, GoesByTheOptionsInForce) {
  const std::vector<std::string> plain = {"conv2d:out_channels=4,padding=0.0", "relu", "max_pool2d:stride=2",
                                          "dropout2d", "linear:out_features=2"};
  EXPECT_EQ(texts(fuse(network_of({9, 9, 1}, plain))),
            (std::vector<std::string>{"conv2d@conv_pool:out_channels=4,p=0.5,padding=0.0,pool_size=2",
                                      "linear@linear:out_features=2"}));
  for (const std::string pool : {"max_pool2d:stride=1", "max_pool2d:padding=1", "avg_pool2d"}) {
    SCOPED_TRACE(pool);
    const std::string name = pool.substr(0, pool.find(':'));
    const Network network = network_of({9, 9, 1}, {"c@conv2d:out_channels=4", "relu", pool, "linear:out_features=2"});
    EXPECT_EQ(texts(fuse(network)), (std::vector<std::string>{"c@conv2d:out_channels=4,relu=true", name + "@" + pool,
                                                              "linear@linear:out_features=2"}));
  }
}

class NetworkFile : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& text) {
    const std::filesystem::path file = directory_.path() / "network.json";
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }
  void expect_mistake(const std::string& text, const std::string& sentence) {
    SCOPED_TRACE(text.substr(0, 200));
    const std::filesystem::path file = write(text);
    const std::string error = error_of(ExitCode::kUsage, [&] { find_network(file.string()); });
    EXPECT_TRUE(error.starts_with(file.string() + ": ")) << error;
    expect_contains(error, sentence);
  }
  void expect_mistake_in(const std::vector<std::string>& layers, const std::string& sentence) {
    expect_mistake(ordered_json{{"input", {28, 28, 1}}, {"layers", layers}}.dump(), sentence);
  }

  TemporaryDirectory directory_;
};

TEST_F(NetworkFile, IsWhatNetworkJsonWrites) {
  for (const Network& network : known_networks()) {
    const Network read = read_network(write(network_json(network).dump()));
    EXPECT_EQ(texts(read), texts(network));
    EXPECT_EQ(read.input.floats(), network.input.floats());
  }
}

TEST_F(NetworkFile, MustTakeTheImagesAndTellTheClassesApart) {
  const Network network = read_network(write(R"({"input": [4, 6, 3], "layers": ["linear:out_features=9"]})"));
  EXPECT_EQ(texts(fitted(network, {4, 6, 3}, 9)), texts(network));
  expect_usage_error("its input is [4, 6, 3] (height, width, channels), but the images are [6, 4, 3]", [&] {
    fitted(network, {6, 4, 3}, 9);
  });
  expect_usage_error("it has 9 outputs, but the images are of 10 classes", [&] { fitted(network, {4, 6, 3}, 10); });
}

TEST_F(NetworkFile, WithAMistakeInItsFormIsRefused) {
  expect_mistake("", "expected JSON");
  expect_mistake("{\"input\": [28, 28, 1], \"layers\": [\"relu\"", ": at byte 40: expected JSON, found the end");
  expect_mistake("[1, 2]", "expected an object {...}, found array");
  expect_mistake(R"({"layers": ["linear:out_features=10"]})",
                 "expected \"input\": [height, width, channels], found no");
  expect_mistake(R"({"input": [28, 28, 1]})", "expected \"layers\": [layer, ...], found no such key");
  expect_mistake(R"({"input": [28, 28, 1], "layers": "relu"})", "expected \"layers\": [layer, ...], found string");
  expect_mistake(R"({"input": [28, 28], "layers": ["relu"]})", "expected \"input\": [height, width, channels], each a");
  expect_mistake(R"({"input": [28, 0, 1], "layers": ["relu"]})", "each a whole number from 1 to 65536, found [28,0,1]");
  expect_mistake(R"({"input": [28, -28, 1], "layers": ["relu"]})", "each a whole number");
  expect_mistake(R"({"input": [28, 1e30, 1], "layers": ["relu"]})", "each a whole number");
  expect_mistake(R"({"input": [65536, 65536, 65536], "layers": ["relu"]})", "expected at most 67108864 inputs");
  expect_mistake(R"({"input": [28, 28, 1], "layers": []})", "expected 1 to 1000 layers, found 0");
  expect_mistake(R"({"input": [28, 28, 1], "layers": ["relu", 5]})", "layer 2: expected a text such as");
  expect_mistake(R"({"input": [28, 28, 1], "layers": ["relu"], "output": 10})", "unknown key \"output\"");
  expect_mistake(R"({"input": [28, 28, 1], "layers": ["relu"], "input": [2, 2, 1]})", "has the key \"input\" twice");
  expect_mistake(std::string(100'000, '['), "nested more than 64 levels deep");
  expect_mistake(R"({"input": [28, 28, 1], "layers": [)" + std::string(2 << 20, ' '), "expected at most 1048576 bytes");
  std::string many = R"({"input": [28, 28, 1], "layers": ["relu")";
  for (int i = 0; i < 100'000; ++i) many += ",\"relu\"";
  expect_mistake(many + "]}", "expected 1 to 1000 layers, found 100001");
}

TEST_F(NetworkFile, WithAMistakeInALayerNamesIt) {
  expect_mistake_in({"relu", "lstm:hidden=3"},
                    "layer 2 (lstm:hidden=3): unknown layer 'lstm'; there are: avg_pool2d, ");
  expect_mistake_in({"conv2d:out_channel=3"}, "layer 1 (conv2d:out_channel=3): conv2d: option out_channels: expected");
  expect_mistake_in({"conv2d:out_channels=3,kernel=5"},
                    "conv2d: there is no option 'kernel'; there are: out_channels, ");
  expect_mistake_in({"conv2d:out_channels=0"}, "option out_channels: expected a number from 1 to 65536, found 0");
  expect_mistake_in({"conv2d:out_channels=many"}, "option out_channels: expected a number, found 'many'");
  expect_mistake_in({"conv2d:out_channels=2.5"}, "option out_channels: expected a whole number, found 2.5");
  expect_mistake_in({"conv2d:out_channels=3,out_channels=4"},
                    "layer 1: 'conv2d:out_channels=3,out_channels=4': option");
  expect_mistake_in({"linear"}, "linear: option out_features: expected a number from 1 to 1048576, found none");
  expect_mistake_in({"conv2d:out_channels=3,kernel_size=29"},
                    "a window that spans 29x29 does not fit an input of 28x28");
  expect_mistake_in({"max_pool2d:kernel_size=7", "max_pool2d:kernel_size=5"}, "layer 2 (max_pool2d:kernel_size=5): a ");
  expect_mistake_in({"max_pool2d:padding=2"}, "a padding of 2 is more than half a window of 2x2");
  expect_mistake_in({"dropout:p=1.5"}, "option p: expected a number from 0 to 0.999, found 1.5");
  expect_mistake_in({"relu", "a@relu", "a@tanh"}, "layer 3: an earlier layer has the label 'a' already");
  expect_mistake_in({"@relu"}, "layer 1: '@relu': the label before '@' is empty");
  expect_mistake_in({"a/b@relu"}, "layer 1: label 'a/b': expected at most 64 letters");
  expect_mistake_in({"state.0.fc@linear:out_features=2"},
                    "layer 1: label 'state.0.fc': names that begin with 'state.' are kept for optimizers");
  expect_mistake_in({""}, "layer 1: '': expected NAME or NAME:key=value,...");
  expect_mistake_in({"relu:"}, "layer 1: 'relu:': expected key=value");
  expect_mistake_in(
      {"conv2d:out_channels=65536,kernel_size=1,padding=20"},
      "layer 1 (conv2d:kernel_size=1,out_channels=65536,padding=20): expected at most 67108864 outputs of a layer");
  expect_mistake_in({"linear:out_features=1048576", "linear:out_features=1048576"},
                    "layer 2 (linear:out_features=1048576): expected at most 2147483648 parameters");
  expect_mistake_in({"conv2d:out_channels=65536,kernel_size=1", "conv2d:out_channels=65536,kernel_size=28"},
                    "layer 2 (conv2d:kernel_size=28,out_channels=65536): expected at most 2147483648 parameters");
}

TEST_F(NetworkFile, ThatIsNotThereIsNamed) {
  EXPECT_EQ(error_of(ExitCode::kUsage, [] { find_network("/nowhere/network.json"); }),
            "/nowhere/network.json: cannot be read: No such file or directory");
  expect_usage_error("expected a regular file", [&] {
    std::filesystem::create_directory(directory_.path() / "folder.json");
    find_network((directory_.path() / "folder.json").string());
  });
}

}  // namespace
}  // namespace gradrace
