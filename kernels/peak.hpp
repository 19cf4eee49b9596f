#pragma once
/// The processor's own limits: loops that do one thing only, for a caller with a stopwatch. All are serial; run them on
/// every thread of a team for the limits of all.

#include "kernels/isa.hpp"

namespace gradrace::kernels {

/// Floating-point operations in one iteration of fma_chains (a multiply-add counts as two).
Index fma_chains_flop(const Isa& isa);
/// Runs independent chains of multiply-adds on full vector registers, enough of them to keep both units busy. Returns a
/// value that depends on all of it.
double fma_chains(const Isa& isa, Index iterations) noexcept;

/// Divisions in one iteration of divide_chains, and square roots in one of root_chains.
Index divide_chains_flop(const Isa& isa);
/// Independent divisions, or square roots (each after an addition), of full vector registers. Return values that depend
/// on all of them.
double divide_chains(const Isa& isa, Index iterations) noexcept;
double root_chains(const Isa& isa, Index iterations) noexcept;

}  // namespace gradrace::kernels
