#include "engine/findings/sweep.hpp"
#include "tests/fuzzing/fuzzer.hpp"

namespace gradrace {

void fuzz(std::string_view input) {
  const Sweep sweep = Sweep::parse(std::string(input));
  GRADRACE_EXPECT(sweep.points.size(), ==, sweep.specs.size());
  line_up(sweep.specs);
}

std::vector<std::string> seeds() {
  return {"adam:lr=1e-4..1e-1:log:7", "mine@adadelta:rho=0.5..0.9:lin:3", "adam:eps=1e-7,lr=1..2:lin:2,amsgrad=true"};
}

std::vector<std::string> words() {
  return {"..", ":log:", ":lin:", "1e-308", "1e308", "=", ",", "adam:", "sgd:lr=", "@"};
}

}  // namespace gradrace
