#include "engine/optimizers/entrant.hpp"
#include "tests/fuzzing/fuzzer.hpp"

namespace gradrace {

void fuzz(std::string_view input) {
  const Spec spec = Spec::parse(std::string(input));
  GRADRACE_EXPECT(Spec::parse(spec.text()).text() == spec.text(), ==, true);
  for (const Entrant& entrant : line_up({spec, spec}))
    for (const auto& [key, value] : entrant.options.resolved()) as_typed(value);
}

std::vector<std::string> seeds() {
  std::vector<std::string> specs = {"fast@adam:lr=0.01,betas=0.9/0.99",
                                    "sgd:lr=0.1,momentum=0.9,schedule=cosine,warmup=5",
                                    "adadelta:lr=1e-3,maximize=true"};
  for (const std::string& name : OptimizerRegistry::instance().names()) specs.push_back(name);
  return specs;
}

/// The names of optimizers and of all of their options.
std::vector<std::string> words() {
  std::vector<std::string> words = {"true", "false", "cosine", "step", "1e308", "-0", "nan", "@", "0.9/0.999"};
  for (const std::string& name : OptimizerRegistry::instance().names()) {
    words.push_back(name + ":");
    const std::vector<Entrant> entrants = line_up({Spec::parse(name)});
    for (const auto& [key, value] : entrants[0].options.resolved()) words.push_back(fmt::format(",{}=", key));
  }
  return words;
}

}  // namespace gradrace
