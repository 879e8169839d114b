package question

import "testing"

// A spreadsheet writes an error in the language of its user.
func TestWhatSpreadsheetsWriteForAnError(t *testing.T) {
	for _, text := range []string{
		"#N/A", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!", "#GETTING_DATA", " #N/A\n", // English
		"#NV", "#WERT!", "#BEZUG!", "#ÜBERLAUF!", // German
		"#VALEUR!", "#NOMBRE!", "#NOM?", // French
		"#¡VALOR!", "#¿NOMBRE?", "#¡DIV/0!", "#N/D", // Spanish
		"#NÚM!", "#RIF!", "#WAARDE!", "#N/B", "#DEEL/0!", "#SAKNAS!", "#I/T", "#DZIEL/0!", "#Н/Д", "#ЗНАЧ!", "#DĚLENÍ_NULOU!",
		"#ERROR!",                  // Google Sheets
		"Err:508", "Err\u00a0:502", // LibreOffice
	} {
		if !isErrorValue(text) {
			t.Errorf("%q is taken for no error", text)
		}
	}
	for _, text := range []string{"", "#", "#12", "#A", "#TAX", "#1040?", "#N/A or not?", "Why #REF!?", "#Deductible?", "Err:", "Err:508 means what?", "N/A"} {
		if isErrorValue(text) {
			t.Errorf("%q is taken for an error", text)
		}
	}
}
