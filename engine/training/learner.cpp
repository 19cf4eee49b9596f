#include "engine/training/learner.hpp"

#include <algorithm>

namespace gradrace {
namespace {

std::unique_ptr<Optimizer> make_optimizer(const std::string& text) {
  Spec spec = Spec::parse(text);
  return OptimizerRegistry::instance().make(spec.name, spec.options);
}

/// Memory is planned for a whole batch; there is none larger than all images.
TrainerOptions trainer_options(const LearnerOptions& options, const ImageSet& images) {
  TrainerOptions trainer = options.trainer;
  trainer.batch_size = std::min(trainer.batch_size, images.count);
  trainer.normalization = options.normalization ? *options.normalization : measured_normalization(images);
  return trainer;
}

/// These arrays may come from anywhere.
const ImageSet& checked(const ImageSet& images) {
  GRADRACE_EXPECT(images.count, >, 0);
  GRADRACE_EXPECT(images.pixels.size(), ==, std::size_t(images.count) * images.image_bytes());
  GRADRACE_EXPECT(images.labels.size(), ==, std::size_t(images.count));
  GRADRACE_EXPECT(Index(*std::ranges::max_element(images.labels)), <, images.classes);
  return images;
}

}  // namespace

Learner::Learner(const Network& network, const std::string& optimizer, const ImageSet& images,
                 const LearnerOptions& options)
    : generator_(options.seed),
      team_(options.team),
      optimizer_(make_optimizer(optimizer)),
      batches_(checked(images), options.trainer.batch_size),
      trainer_(fitted(network, {images.height, images.width, images.channels}, images.classes), options.isa, team_,
               *optimizer_, trainer_options(options, images)) {
  model().load(model().initial_values(generator_));
  optimizer_->begin_run(batches_.count(), options.epochs);
}

double Learner::epoch() {
  double sum = 0;
  trainer_.train(batches_, generator_, [&sum](Index, float loss) {
    sum += double(loss);
    return true;
  });
  return sum / double(batches_.count());
}

TestResult Learner::evaluate(const ImageSet& images) {
  return trainer_.evaluate(checked(images), generator_);
}

}  // namespace gradrace
