package batch

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// A priceList returns the price of an answer in each ask mode: the user's price, or
// else the price that the service reported in a 402 (details.cost_cents), or else
// the list price.
type priceList struct {
	fixed   *Money            // nil: the user said nothing
	learned map[AskMode]Money // what a 402 said, or the dearest answer cost
	listed  AskModes          // with their list prices
}

// A noteStore keeps the prices.
type noteStore interface {
	Note(name string) ([]byte, error)
	SetNote(name string, value []byte) error
}

// readPrices returns the prices that a checkpoint's runs have learned and the list
// prices of the ask modes that its input was imported with. The fixed price takes
// precedence over both, unless it is nil.
func readPrices(store noteStore, fixed *Money) (priceList, error) {
	p := priceList{fixed: fixed, learned: map[AskMode]Money{}}
	for name, value := range map[string]any{pricesNote: &p.learned, modesNote: &p.listed} {
		b, err := store.Note(name)
		if err == nil && b != nil {
			err = json.Unmarshal(b, value)
		}
		if err != nil {
			return p, fmt.Errorf("read the prices: %w", err)
		}
	}
	return p, nil
}

const (
	pricesNote = "prices"
	modesNote  = "ask modes"
)

// noteModes records ask modes and their prices for later readers of the checkpoint.
func noteModes(store noteStore, modes AskModes) error {
	old, err := store.Note(modesNote)
	if err != nil {
		return err
	}
	b, err := json.Marshal(modes)
	if err != nil || bytes.Equal(old, b) {
		return err
	}
	return store.SetNote(modesNote, b)
}

// of returns what an answer in the mode costs.
func (p priceList) of(mode AskMode) Money {
	if p.fixed != nil {
		return *p.fixed
	}
	learned, ok := p.learned[mode]
	switch listed := p.listed.named(mode); {
	case !ok:
		return listed.Price
	case listed.Varies: // what one answer cost says little of the next
		return max(learned, listed.Price)
	}
	return learned
}

// atMost returns the most that n of the pending questions can cost.
func (p priceList) atMost(n int, pending map[string]int) (sum Money) {
	price := func(mode string) Money { return p.of(AskMode(mode)) }
	for _, mode := range slices.SortedFunc(maps.Keys(pending), func(a, b string) int { return cmp.Compare(price(b), price(a)) }) {
		some := min(n, pending[mode])
		n -= some
		sum += Money(some) * price(mode)
	}
	return sum
}

// estimate returns the price of the given numbers of answers in each mode.
func (p priceList) estimate(modes map[string]int) (sum Money) {
	for mode, n := range modes {
		sum += Money(n) * p.of(AskMode(mode))
	}
	return sum
}

// learn records a price that the service reported, for this run and the next.
func (p priceList) learn(store noteStore, mode AskMode, cost Money) error {
	if p.learned[mode] == cost {
		return nil
	}
	p.learned[mode] = cost
	b, err := json.Marshal(p.learned)
	if err != nil {
		return err
	}
	return store.SetNote(pricesNote, b)
}
