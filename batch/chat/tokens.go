package chat

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/sashabaranov/go-openai"

	"bizbatch/batch"
)

// A TokenPrice is what a million tokens cost, of a question and of its answer.
type TokenPrice struct{ In, Out batch.Money }

// UnmarshalText reads a flag's value, such as "2.50,10": dollars for a million
// tokens in, and out.
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

// Cost is what an answer cost by its token counts, rounded up to a millionth of a
// dollar; ok is false where it has none. What the model thought is paid for: some
// services count it among the tokens of the answer, others only in the total. What
// is cheaper because it was cached is not known.
func (p TokenPrice) Cost(a *batch.Answer) (cost batch.Money, ok bool) {
	var u struct {
		openai.Usage
		Input  int `json:"input_tokens"` // as newer APIs call them
		Output int `json:"output_tokens"`
	}
	if json.Unmarshal(a.Usage, &u) != nil {
		return 0, false
	}
	in := max(u.PromptTokens, u.Input)
	out := max(u.CompletionTokens, u.Output, u.TotalTokens-in)
	if in < 0 || in+out <= 0 {
		return 0, false
	}
	return batch.Money(math.Ceil((float64(in)*float64(p.In) + float64(out)*float64(p.Out)) / 1e6)), true
}
