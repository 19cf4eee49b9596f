// "muon": lr=0.02, momentum=0.95, nesterov=true, ns_steps=5, weight_decay=0 (decoupled); the names and defaults of its
// author's code (github.com/KellerJordan/Muon), and adamw_lr=3e-4, adamw_betas=0.9/0.95, adamw_eps=1e-10,
// adamw_weight_decay=0 for the parameters that are no matrices, those of its groups without use_muon. A schedule scales
// adamw_lr as it does lr.
//
// A convolution's weights count as a matrix [outputs][inputs * height * width]. The last layer's is one as well, though
// the author leaves it to AdamW. His code scales by the last two dimensions of the tensor, here it is by those of the
// matrix (they differ for convolutions that have more outputs than inputs * height * width), and it rounds to bfloat16
// where this is float32.
#include <algorithm>
#include <cmath>

#include "engine/layers/layer.hpp"
#include "engine/optimizers/adam_options.hpp"
#include "engine/optimizers/optimizer.hpp"
#include "kernels/gemm.hpp"
#include "kernels/newton_schulz.hpp"
#include "kernels/team.hpp"

namespace gradrace {
namespace {

using kernels::PanelMatrix;
using kernels::Worker;

constexpr Index kPiecePanels = 16;   // of a matrix, that are one piece of work
constexpr Index kStepsPerRound = 3;  // of Newton and Schulz, before the Gram matrix is formed anew (newton_schulz.hpp)
constexpr float kEpsilon = 1e-7f;    // added to the norm that a matrix is divided by

/// A matrix on its way to orthogonality: X and the next X in turn, with the shorter side as rows.
struct Work {
  Parameter parameter = {};
  PanelMatrix wide = {};  // of X, the parameter's or its transpose if that is wider
  bool turned = false;
  double scale = 1;  // of the update
  Index pieces = 0;  // that X is cut into
  Slot x[2] = {};
  Slot grams[2] = {};  // parts of the Gram matrix from each piece; two, for one is read while the next is written

  PanelMatrix square() const { return {wide.rows, wide.rows}; }
};

/// Some panels of one of the matrices.
struct Piece {
  std::size_t matrix;
  Index number;
  PanelMatrix shape;  // of the panels alone
  Index offset;       // in X, in floats
};

class Muon final : public Optimizer {
 public:
  explicit Muon(Options& options)
      : Optimizer(options, 0.02),
        momentum_(options.number("momentum", 0.95, 0, kBelowOne)),
        nesterov_(options.flag("nesterov", true)),
        steps_(options.integer("ns_steps", 5, 1, 100)),
        weight_decay_(weight_decay(options)),
        adamw_lr_(options.number("adamw_lr", 3e-4, 0, kAny)),
        adamw_(options, "adamw_", {{0.9, 0.95}, 1e-10, 0}, sign()) {
    adamw_scalars_.decoupled = true;
  }

  std::string paper() const override {
    return "Jordan et al., Muon: An optimizer for hidden layers in neural networks, kellerjordan.github.io/posts/muon, "
           "2024";
  }
  /// AdamW's two; the first of a matrix is its momentum, the second is not used.
  std::vector<float> initial_state() const override { return {0, 0}; }
  /// Of a matrix: gradient, momentum and parameter to and fro, the direction written and read, and in each round a read
  /// for the Gram matrix and the product to and fro.
  Index bytes_per_parameter() const override { return Index(sizeof(float)) * (7 + 3 * rounds()); }
  bool update(const kernels::Isa& isa, std::span<float> p, std::span<const float> g,
              std::span<float* const> state) const override {
    return kernels::optimizer_step(isa, adamw_scalars_, p, g, state);
  }

  bool elementwise() const override { return false; }
  void plan_matrices(std::span<const Parameter> matrices, Plan& plan) override;
  void update_matrices(const Context& context, const Worker& worker,
                       std::span<const MatrixArrays> matrices) const override;

 private:
  void prepare(Index step, double lr) override {
    lr_ = lr;
    adamw_.prepare(step, adamw_lr_ * (schedule().lr() > 0 ? lr / schedule().lr() : sign()), adamw_scalars_);
  }
  Index rounds() const { return divide_up(steps_, kStepsPerRound); }
  void begin(const Context& context, const Worker& worker, const Work& work, const MatrixArrays& matrix) const;
  void add_gram(const Context& context, const Piece& piece, Index round) const;
  const float* factor(const Context& context, const Work& work, Index round) const;
  void make_round(const Context& context, Range pieces, Index round, std::span<const MatrixArrays> matrices) const;
  void descend(const Context& context, const Worker& worker, const Work& work, const MatrixArrays& matrix) const;

  double momentum_;
  bool nesterov_;
  Index steps_;
  double weight_decay_, adamw_lr_, lr_ = 0;
  AdamOptions adamw_;
  kernels::AdamScalars adamw_scalars_{};
  std::vector<Work> work_;  // by matrix
  std::vector<Piece> pieces_;
  Slot scratch_;
};

void Muon::plan_matrices(std::span<const Parameter> matrices, Plan& plan) {
  work_.clear(), pieces_.clear();
  Index scratch = 0;
  for (const Parameter& p : matrices) {
    Work work{.parameter = p, .wide = p.layout, .turned = p.layout.rows > p.layout.cols};
    if (work.turned) work.wide = p.layout.transposed();
    const double rows = double(p.shape[0]), cols = double(p.count()) / rows;
    work.scale = std::sqrt(std::max(1.0, rows / cols));
    for (Index first = 0; first < work.wide.panels(); first += kPiecePanels, ++work.pieces) {
      const Index cols_left = work.wide.cols - first * kPanel;
      const PanelMatrix shape{work.wide.rows, std::min(kPiecePanels * kPanel, cols_left)};
      pieces_.push_back({work_.size(), work.pieces, shape, first * work.wide.rows * kPanel});
      scratch = std::max({scratch, shape.transposed().floats(), 4 * work.square().floats()});
    }
    for (Slot& x : work.x) x = plan.book(Lifetime::kStep, std::max(work.wide.floats(), work.parameter.layout.floats()));
    for (Slot& grams : work.grams) grams = plan.book(Lifetime::kStep, work.pieces * work.square().floats());
    work_.push_back(work);
  }
  scratch_ = plan.book_per_worker(Lifetime::kScratch, scratch);
}

void Muon::update_matrices(const Context& context, const Worker& worker, std::span<const MatrixArrays> matrices) const {
  const Range mine = worker.share_of(std::ssize(pieces_));
  const auto wait = [&] {
    context.lap(kUpdate);
    context.wait(worker);
  };
  for (std::size_t i = 0; i < work_.size(); ++i) begin(context, worker, work_[i], matrices[i]);
  wait();
  for (Index i = mine.begin; i < mine.end; ++i) add_gram(context, pieces_[std::size_t(i)], 0);
  for (Index round = 0; round < rounds(); ++round) {
    wait();
    make_round(context, mine, round, matrices);
  }
  wait();
  for (std::size_t i = 0; i < work_.size(); ++i) descend(context, worker, work_[i], matrices[i]);
}

/// This worker's share of the first X: the direction in which momentum points.
void Muon::begin(const Context& context, const Worker& worker, const Work& work, const MatrixArrays& matrix) const {
  const Range panels = work.parameter.panels_of(worker);
  const Index begin = panels.begin * work.parameter.layout.rows * kPanel;
  const std::size_t floats = std::size_t(panels.size() * work.parameter.layout.rows * kPanel);
  float* direction = context.at(work.x[work.turned ? 1 : 0]);
  float* const momentum = matrix.state[0] + begin;
  kernels::optimizer_step(context.isa, kernels::DirectionScalars{kernels::mean(momentum_), nesterov_},
                          {direction + begin, floats}, {matrix.gradient + begin, floats}, {&momentum, 1});
  if (work.turned) kernels::transpose(context.isa, work.parameter.layout, direction, panels, context.at(work.x[0]));
}

void Muon::add_gram(const Context& context, const Piece& piece, Index round) const {
  const Work& work = work_[piece.matrix];
  kernels::gram_product(context.isa, piece.shape, context.at(work.x[round % 2]) + piece.offset,
                        context.at(work.grams[round % 2]) + piece.number * work.square().floats(),
                        context.span(scratch_));
}

/// What a round multiplies X by. Every worker that needs it computes it, in its scratch.
const float* Muon::factor(const Context& context, const Work& work, Index round) const {
  const Index floats = work.square().floats();
  float *gram = context.at(scratch_), *factor = gram + floats;
  kernels::tree_sum(context.isa, work.pieces, floats, context.at(work.grams[round % 2]), floats, gram);
  float inverse = 1;
  if (round == 0) {  // X has yet to be divided by its norm, whose square is the Gram matrix's trace
    float square = 0;
    for (Index i = 0; i < work.wide.rows; ++i) square += gram[work.square().offset(i, i)];
    inverse = 1 / (std::sqrt(square) + kEpsilon);
    for (Index i = 0; i < floats; ++i) gram[i] *= inverse * inverse;
  }
  const Index steps = std::min(kStepsPerRound, steps_ - round * kStepsPerRound);
  kernels::newton_schulz_factor(context.isa, work.wide.rows, steps, gram, factor,
                                {factor + floats, std::size_t(2 * floats)});
  for (Index i = 0; i < floats; ++i) factor[i] *= inverse;
  return factor;
}

/// Makes the next X of X. The last one goes to where the gradient was, in the parameter's layout.
void Muon::make_round(const Context& context, Range pieces, Index round, std::span<const MatrixArrays> matrices) const {
  const bool last = round + 1 == rounds();
  for (Index i = pieces.begin; i < pieces.end;) {
    const std::size_t matrix = pieces_[std::size_t(i)].matrix;
    const Work& work = work_[matrix];
    const float *x = context.at(work.x[round % 2]), *by = factor(context, work, round);
    float* next = last && !work.turned ? matrices[matrix].gradient : context.at(work.x[1 - round % 2]);
    const Index begin = i;
    for (; i < pieces.end && pieces_[std::size_t(i)].matrix == matrix; ++i) {
      const Piece& piece = pieces_[std::size_t(i)];
      kernels::panel_product(context.isa, work.square(), by, piece.shape, x + piece.offset, next + piece.offset);
      if (!last || !work.turned) continue;
      const Index first = piece.number * kPiecePanels;
      kernels::transpose(context.isa, work.wide, next, {first, first + piece.shape.panels()},
                         matrices[matrix].gradient);
    }
    if (!last)
      for (Index done = begin; done < i; ++done) add_gram(context, pieces_[std::size_t(done)], round + 1);
  }
}

/// p <- (1 - lr weight_decay) p - lr scale X, which is gradient descent with a weight decay of its own.
void Muon::descend(const Context& context, const Worker& worker, const Work& work, const MatrixArrays& matrix) const {
  const Range panels = work.parameter.panels_of(worker);
  const Index begin = panels.begin * work.parameter.layout.rows * kPanel;
  const std::size_t floats = std::size_t(panels.size() * work.parameter.layout.rows * kPanel);
  const kernels::SgdScalars scalars{.lr = float(lr_ * work.scale),
                                    .momentum = 0,
                                    .rest = 1,
                                    .weight_decay = float(weight_decay_ / work.scale),
                                    .nesterov = false};
  kernels::optimizer_step(context.isa, scalars, {matrix.values + begin, floats}, {matrix.gradient + begin, floats}, {});
}

const OptimizerRegistry::Entry<Muon> entry("muon");

}  // namespace
}  // namespace gradrace
