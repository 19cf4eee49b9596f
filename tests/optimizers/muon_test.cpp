// Muon's matrices against an independent script in double precision (golden/lion_muon.py), and its own promises.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "engine/layers/layer.hpp"
#include "engine/optimizers/optimizer.hpp"
#include "kernels/team.hpp"
#include "tests/golden.hpp"
#include "tests/races.hpp"

namespace gradrace {
namespace {

using Json = nlohmann::ordered_json;

/// Parameters as linear layers and convolutions have them.
Parameter parameter(const std::vector<Index>& shape) {
  Index depth = 1;
  for (std::size_t d = 1; d < shape.size(); ++d) depth *= shape[d];
  const bool linear = shape.size() == 2;
  const kernels::PanelMatrix layout =
      linear ? kernels::PanelMatrix{shape[0], depth} : kernels::PanelMatrix{depth, shape[0]};
  return {.name = "matrix", .shape = shape, .draw_initial = {}, .layout = layout, .place = [=](Index i) {
            return linear ? layout.offset(i / depth, i % depth) : layout.offset(i % depth, i / depth);
          }};
}

std::vector<float> numbers(Index count, std::minstd_rand& random) {
  std::vector<float> values;
  for (Index i = 0; i < count; ++i) values.push_back(float(random() >> 7) / float(1 << 24) - 0.5f);
  return values;
}

/// The matrices of one case of the golden file, in memory as the engine has them.
class Matrices {
 public:
  Matrices(const Json& entry, const kernels::Isa& isa, Index threads, std::map<std::string, std::string> given = {})
      : entry_(entry), isa_(isa), team_(threads), plan_(threads) {
    for (const auto& [key, value] : entry.at("options").items()) given[key] = value.dump();
    Options options(given);
    muon_ = OptimizerRegistry::instance().make("muon", options);
    for (const Json& matrix : entry.at("matrices")) {
      parameters_.push_back(parameter(matrix.at("shape")));
      generators_.emplace_back(matrix.at("seed").get<unsigned>());
      slots_.push_back(plan_.book(Lifetime::kPersistent, kArrays * parameters_.back().layout.floats()));
    }
    muon_->plan_matrices(parameters_, plan_);
    memory_ = std::make_unique<Memory>(plan_);
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      const Index floats = parameters_[i].layout.floats();
      float* values = memory_->at(slots_[i]);
      arrays_.push_back({values, values + floats, {values + 2 * floats, values + 3 * floats}});
      put(i, numbers(parameters_[i].count(), generators_[i]), values);
    }
  }

  void step(const std::function<void(std::vector<float>&)>& change = [](auto&) {}) {
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      std::vector<float> gradient = next_gradient(i);
      change(gradient);
      put(i, gradient, arrays_[i].gradient);
    }
    muon_->begin_step(++steps_);
    team_.run([&](kernels::Worker worker) noexcept {
      const Context context{.isa = isa_, .memory = memory_.get(), .worker = worker.index(), .training = true};
      muon_->update_matrices(context, worker, arrays_);
    });
  }

  /// In PyTorch's order; and as they lie in memory.
  std::vector<float> values(std::size_t i) const {
    std::vector<float> values;
    for (Index k = 0; k < parameters_[i].count(); ++k) values.push_back(arrays_[i].values[parameters_[i].place(k)]);
    return values;
  }
  std::span<float> whole(std::size_t i) const {
    return {arrays_[i].values, std::size_t(parameters_[i].layout.floats())};
  }
  std::size_t size() const { return parameters_.size(); }

 private:
  static constexpr Index kArrays = 4;  // values, gradient, states

  void put(std::size_t i, const std::vector<float>& from, float* to) const {
    for (Index k = 0; k < parameters_[i].count(); ++k) to[parameters_[i].place(k)] = from[std::size_t(k)];
  }
  std::vector<float> next_gradient(std::size_t i) {
    const Parameter& p = parameters_[i];
    std::vector<float> gradient = numbers(p.count(), generators_[i]);
    if (const double alike = entry_.at("matrices")[i].at("alike"); alike > 0) {
      const std::vector<float> row = numbers(p.count() / p.shape[0], generators_[i]);
      for (std::size_t k = 0; k < gradient.size(); ++k)
        gradient[k] = float(double(row[k % row.size()]) + double(gradient[k]) / alike);
    }
    return gradient;
  }

  const Json& entry_;
  kernels::Isa isa_;
  kernels::Team team_;
  Plan plan_;
  std::unique_ptr<Optimizer> muon_;
  std::vector<Parameter> parameters_;
  std::vector<std::minstd_rand> generators_;
  std::vector<Slot> slots_;
  std::unique_ptr<Memory> memory_;
  std::vector<MatrixArrays> arrays_;
  Index steps_ = 0;
};

/// How far an element may be from one in double precision, whose largest change in a step is given. Each step rounds
/// the element itself. The iteration tears apart what float32 has rounded: rows that differ by one part in `alike` are
/// rounded by 6e-8 x alike of their difference, and this becomes as large as the rest. (The plain iteration in float32
/// by NumPy is off by 1e-5 at worst where singular values are alike, and by 1.4e-4 for alike = 1000.)
double tolerance(const Json& expected, double element, int steps) {
  const double rounding = steps * 6e-8 * std::abs(element);
  return rounding + expected.at("largest_change").get<double>() * (1e-5 + 2e-7 * expected.at("alike").get<double>());
}

void expect_values(const std::vector<float>& values, const Json& expected, int steps) {
  std::size_t k = 0;
  for (const Json& value : expected.at("after")) {
    const double element = value;
    ASSERT_NEAR(values.at(k), element, tolerance(expected, element, steps)) << "element " << k;
    k += expected.at("every").get<std::size_t>();
  }
  EXPECT_GE(k, values.size());
}

/// Takes a step, and raises `largest`, of each matrix the largest change of an element so far, its decay left out.
void step_and_measure(Matrices& matrices, const Json& options, std::vector<double>& largest) {
  const double decay = options.value("lr", 0.02) * options.value("weight_decay", 0.0);
  std::vector<std::vector<float>> before;
  for (std::size_t i = 0; i < matrices.size(); ++i) before.push_back(matrices.values(i));
  matrices.step();
  for (std::size_t i = 0; i < matrices.size(); ++i) {
    const std::vector<float> after = matrices.values(i);
    for (std::size_t k = 0; k < after.size(); ++k)
      largest[i] = std::max(largest[i], std::abs(double(after[k]) - (1 - decay) * double(before[i][k])));
  }
}

TEST(GoldenMuon, MatricesFollowTheAuthor) {
  const Json file = golden::json("lion_muon.json");
  for (const Json& entry : file.at("matrices"))
    for (const kernels::Isa& isa : kernels::Isa::available()) {
      Matrices matrices(entry, isa, 2);
      std::vector<double> largest(matrices.size(), 0.0);
      for (int step = 0; step < entry.at("steps").get<int>(); ++step)
        step_and_measure(matrices, entry.at("options"), largest);
      for (std::size_t i = 0; i < matrices.size(); ++i) {
        const Json& expected = entry.at("matrices")[i];
        SCOPED_TRACE(std::string(isa.name()) + entry.at("options").dump() + expected.at("shape").dump());
        expect_values(matrices.values(i), expected, entry.at("steps"));
        EXPECT_NEAR(largest[i], expected.at("largest_change").get<double>(), tolerance(expected, 0.5, 1));
      }
    }
}

class Muon : public testing::Test {
 protected:
  const Json file_ = golden::json("lion_muon.json");
  const Json& entry_ = file_.at("matrices")[0];
  const kernels::Isa isa_ = kernels::Isa::best();
};

TEST_F(Muon, AnyNumberOfThreadsGivesTheSameBits) {
  Matrices one(entry_, isa_, 1);
  for (int step = 0; step < 3; ++step) one.step();
  for (const Index threads : {2, 3, 8}) {
    Matrices several(entry_, isa_, threads);
    for (int step = 0; step < 3; ++step) several.step();
    for (std::size_t i = 0; i < one.size(); ++i)
      EXPECT_TRUE(std::ranges::equal(several.whole(i), one.whole(i))) << "matrix " << i << ", threads: " << threads;
  }
}

TEST_F(Muon, LeavesPaddingZero) {
  Matrices matrices(entry_, isa_, 2);
  for (int step = 0; step < 3; ++step) matrices.step();
  for (std::size_t i = 0; i < matrices.size(); ++i) {
    const std::vector<float> inside = matrices.values(i);
    EXPECT_EQ(std::ranges::count(matrices.whole(i), 0.0f) + std::ssize(inside), std::ssize(matrices.whole(i)))
        << "matrix " << i;
  }
}

TEST_F(Muon, WalksUphillByTheSameBitsAsDown) {
  Matrices down(entry_, isa_, 2, {{"weight_decay", "0.1"}});
  Matrices up(entry_, isa_, 2, {{"weight_decay", "0.1"}, {"maximize", "true"}});
  for (int step = 0; step < 3; ++step) {
    down.step();
    up.step([](std::vector<float>& gradient) {
      for (float& g : gradient) g = -g;
    });
  }
  for (std::size_t i = 0; i < down.size(); ++i) EXPECT_EQ(up.values(i), down.values(i)) << "matrix " << i;
}

TEST_F(Muon, StaysWhereTheGradientIsZero) {
  Matrices matrices(entry_, isa_, 2);
  const std::vector<float> before = matrices.values(0);
  matrices.step([](std::vector<float>& gradient) { std::ranges::fill(gradient, 0.0f); });
  EXPECT_EQ(matrices.values(0), before);
}

TEST_F(Muon, SpreadsNanOverItsMatrix) {
  Matrices matrices(entry_, isa_, 2);
  matrices.step([](std::vector<float>& gradient) {
    if (gradient.size() == 64 * 4608) gradient[1000] = std::numeric_limits<float>::quiet_NaN();
  });
  const auto is_nan = [](float value) { return std::isnan(value); };
  for (std::size_t i = 0; i < matrices.size(); ++i) {
    const std::vector<float> values = matrices.values(i);
    EXPECT_EQ(std::ranges::count_if(values, is_nan), values.size() == 64 * 4608 ? std::ssize(values) : 0) << i;
  }
}

/// The names of the parameters in which two runs end differently.
std::string moved(const RunResult& from, const RunResult& to) {
  std::string names;
  for (std::size_t i = 0; i < from.parameters.size(); ++i)
    if (from.parameters[i].values != to.parameters[i].values) names += from.parameters[i].name + " ";
  return names;
}

TEST(MuonInARace, MovesAllMatricesAndAdamWAllBiases) {
  const RaceResult race =
      run_race(small_race({"start@sgd:lr=0", "matrices@muon:adamw_lr=0", "biases@muon:lr=0"}), small_dataset());
  EXPECT_EQ(moved(race.runs[0], race.runs[1]), "cn1.weight cn2.weight fc1.weight fc2.weight ");
  EXPECT_EQ(moved(race.runs[0], race.runs[2]), "cn1.bias cn2.bias fc1.bias fc2.bias ");
}

TEST(MuonInARace, SchedulesHoldForAdamWToo) {
  RaceOptions options = small_race({"muon:schedule=step,gamma=0"});
  const RaceResult stopped = run_race(options, small_dataset());
  options.epochs = 1;
  EXPECT_EQ(moved(run_race(options, small_dataset()).runs[0], stopped.runs[0]), "");
}

}  // namespace
}  // namespace gradrace
