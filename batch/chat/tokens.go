package chat

import (
	"bytes"
	"fmt"
	"math"
	"strings"

	"github.com/tidwall/gjson"

	"bizbatch/batch"
)

// A TokenPrice is the price of a million input tokens and of a million output
// tokens.
type TokenPrice struct{ In, Out batch.Money }

// UnmarshalText parses a pair of prices in dollars for a million tokens, input and
// output, such as "2.50,10".
func (p *TokenPrice) UnmarshalText(text []byte) (err error) {
	in, out, ok := strings.Cut(string(text), ",")
	if ok {
		p.In, err = batch.ParseMoney(in)
	}
	if ok && err == nil {
		p.Out, err = batch.ParseMoney(out)
	}
	if !ok || err != nil {
		return fmt.Errorf("%q is not two amounts in dollars for a million tokens in and out, such as 2.50,10", text)
	}
	return nil
}

// Cost returns the cost of an answer by its token counts, rounded up to a millionth
// of a dollar; ok is false if it has no token counts. Reasoning tokens are charged:
// some services count them as output tokens, others only in the total. Discounts for
// cached tokens are not known.
func (p TokenPrice) Cost(a *batch.Answer) (cost batch.Money, ok bool) {
	in, out := tokens(gjson.ParseBytes(a.Usage))
	if in+out == 0 {
		return 0, false
	}
	return batch.Money(math.Ceil((in*float64(p.In) + out*float64(p.Out)) / 1e6)), true
}

// tokens returns the token counts of a question and its answer, under the names of
// OpenAI and of newer APIs. Some services send them as fractions or texts. Both are
// 0 if there are none.
func tokens(usage gjson.Result) (in, out float64) {
	const most = 1e12 // and NaN
	count := func(name string) float64 { return usage.Get(name).Float() }
	in = max(count("prompt_tokens"), count("input_tokens"))
	out = max(count("completion_tokens"), count("output_tokens"), count("total_tokens")-in)
	if !(in >= 0 && out >= 0 && in+out < most) {
		return 0, 0
	}
	return in, out
}

// used handles token counts. The last ones that are not empty are those of the whole
// answer.
func (c *collector) used(place string, usage gjson.Result) {
	in, out := tokens(usage)
	raw := Raw(usage)
	switch {
	case bytes.Equal(raw, c.answer.Usage):
	case usage.IsObject() && (c.answer.Usage == nil || in+out > 0):
		c.answer.Usage = raw
	case usage.Raw != "{}":
		c.unknown(place, "usage", usage)
	}
}
