// Training with clipped gradients against PyTorch: losses, and the norms of all gradients together before they are
// clipped.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "engine/training/trainer.hpp"
#include "tests/convnet.hpp"
#include "tests/golden.hpp"
#include "tests/training/golden_run.hpp"

namespace gradrace {
namespace {

using Json = nlohmann::ordered_json;

class GoldenClipping : public testing::Test {
 protected:
  TrainerOptions options(std::optional<double> clip_grad_norm) const {
    return {.batch_size = meta_.at("batch"), .clip_grad_norm = clip_grad_norm, .normalization = normalization(meta_)};
  }
  Network network() const { return convnet(images_.height, images_.width); }
  static std::unique_ptr<Optimizer> make(const std::string& name, const std::map<std::string, std::string>& given) {
    Options options(given);
    return OptimizerRegistry::instance().make(name, options);
  }

  /// The norm of all gradients of a batch with these weights: of what a step of plain SGD changes, which is large
  /// beside the weights, so that their rounding does not count.
  double gradient_norm(const std::vector<NamedTensor>& weights, const Batches& batches, Index batch,
                       Generator generator) const {
    const std::unique_ptr<Optimizer> plain = make("sgd", {{"lr", "1024"}});
    Trainer trainer(network(), kernels::Isa::best(), team_, *plain, options({}));
    trainer.model().load(weights);
    trainer.step(batches, batch, generator);
    const std::vector<NamedTensor> after = trainer.model().values();
    double squares = 0;
    for (std::size_t t = 0; t < weights.size(); ++t)
      for (std::size_t i = 0; i < weights[t].values.size(); ++i)
        squares += std::pow((double(weights[t].values[i]) - double(after[t].values[i])) / 1024, 2);
    return std::sqrt(squares);
  }

  const Json file_ = golden::json("experiment/clipped.json"), meta_ = file_.at("meta");
  const ImageSet images_ = read_images(golden::path("experiment"), "train");
  const kernels::Team team_{2};
};

TEST_F(GoldenClipping, FollowsPyTorch) {
  for (const Json& entry : file_.at("cases")) {
    SCOPED_TRACE(entry.at("options").dump());
    std::map<std::string, std::string> given;
    for (const auto& [key, value] : entry.at("options").items()) given[key] = value.dump();
    const std::unique_ptr<Optimizer> optimizer = make(entry.at("optimizer"), given);
    Trainer trainer(network(), kernels::Isa::best(), team_, *optimizer, options(entry.at("clip_grad_norm")));
    Generator generator(meta_.at("seed").get<std::uint64_t>());
    trainer.model().load(trainer.model().initial_values(generator));
    Batches batches(images_, meta_.at("batch"));
    batches.begin_shuffled(generator);
    ASSERT_EQ(batches.count(), std::ssize(entry.at("train_loss")));
    for (Index b = 0; b < batches.count(); ++b) {
      const double norm = entry.at("norms")[std::size_t(b)], loss = entry.at("train_loss")[std::size_t(b)];
      EXPECT_NEAR(gradient_norm(trainer.model().values(), batches, b, generator), norm, 1e-4 * norm)
          << "step " << b + 1;
      ASSERT_NEAR(trainer.step(batches, b, generator), loss, b < 10 ? 5e-6 : 2e-5) << "step " << b + 1;
    }
  }
}

}  // namespace
}  // namespace gradrace
