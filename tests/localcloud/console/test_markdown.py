"""Markdown as HTML, worked out by hand; no HTML in the text becomes markup."""

import pytest

from localcloud.console.markdown import html_of


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# A *card*", "<h3>A <em>card</em></h3>"),
        ("one\ntwo\n\nthree", "<p>one\ntwo</p>\n<p>three</p>"),
        ("**Use.** it: 2 * 3 * 4", "<p><strong>Use.</strong> it: 2 * 3 * 4</p>"),
        ("- a\n- `b*c*`", "<ul>\n<li>a</li>\n<li><code>b*c*</code></li>\n</ul>"),
        ("```\n# no\n\n<b>\n```", "<pre><code># no\n\n&lt;b&gt;\n</code></pre>"),
        (
            "| | a |\n|---|:-:|\n| **b** | 1 |",
            '<div class="scroll"><table class="rows">\n<thead>\n<tr>\n<th scope="col"></th>\n'
            '<th scope="col">a</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td><strong>b</strong></td>\n'
            "<td>1</td>\n</tr>\n</tbody>\n</table></div>",
        ),
        ("[a](https://b.test/c)", '<p><a href="https://b.test/c" rel="noopener noreferrer">a</a></p>'),
        ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("{0} {}", "<p>{0} {}</p>"),
        ("", ""),
    ],
)
def test_markdown(text, html):
    assert str(html_of(text)) == html


def test_no_image_is_loaded_and_no_attribute_is_broken_out_of() -> None:
    assert "<img" not in html_of("![x](https://b.test/i.png)")
    assert '"onclick' not in html_of('[a](https://b.test/"onclick=x)')


def test_a_card_is_shown_in_the_page(console, step_detail, step_artifact):
    folder = console.jobs.folder("churn-1")
    folder.mkdir()
    (folder / "card").write_text("# Who <made> it\n\n**We** did.")
    outputs = step_artifact("model_card", "system.Markdown", str(folder / "card"))
    console.jobs.add(
        "churn-1", jobDetail={"taskDetails": [step_detail("train-churn-model", outputs=outputs)]}
    )
    page = console.get("/runs/churn-1/tasks/train-churn-model")
    assert '<h2 id="text-model_card">Model card</h2>' in page
    assert "<h3>Who &lt;made&gt; it</h3>\n<p><strong>We</strong> did.</p>" in page
    (folder / "card").unlink()
    assert "text-model_card" not in console.get("/runs/churn-1/tasks/train-churn-model")
