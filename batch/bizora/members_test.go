package bizora

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
	"pgregory.net/rapid"
)

// Whatever members a source, or an object of custom_data, has: they come back.
func TestNoMemberOfCustomDataIsDropped(t *testing.T) {
	kinds := []string{"start", "human_message", "step_message", "source_message", "suggestions", "source_titles", "ai_metadata", "enrichAnswerSources", "chart"}
	rapid.Check(t, func(rt *rapid.T) {
		n := 0
		member := func() string { // each value is another, to be found again
			n++
			return fmt.Sprintf("%q:%q,", rapid.StringMatching(`new_[a-z]{1,6}`).Draw(rt, "name"), fmt.Sprintf("value %d.", n))
		}
		var stream strings.Builder
		for i := range rapid.IntRange(1, 6).Draw(rt, "objects") {
			kind := rapid.SampledFrom(kinds).Draw(rt, "kind")
			source := fmt.Sprintf(`{%s"node_id":"%d"}`, member(), i)
			stream.WriteString(custom(fmt.Sprintf(`{%s"type":%q,"content":[%s],"sources":[%s],"suggestions":["s"],"source_titles":[],"enrichAnswerSources":"e"}`,
				member(), kind, source, source)))
		}
		answer, err := askStream(t, stream.String()+stop+done)
		if err != nil {
			rt.Fatal(err)
		}
		b, err := json.Marshal(answer)
		if err != nil || !gjson.ValidBytes(b) {
			rt.Fatal(err)
		}
		for i := range n {
			if value := fmt.Sprintf(`"value %d."`, i+1); !strings.Contains(string(b), value) {
				rt.Errorf("%s is lost:\n%s\n%s", value, stream.String(), b)
			}
		}
	})
}
