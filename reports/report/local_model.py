"""A local Hugging Face language model as a LangChain chat model.

Input: a folder or hub name of a causal language model (safetensors only, no remote code). Output: a
chat model that decodes greedily on the CPU and so gives the same text for the same messages. This
module does not know about reports.
"""

from collections.abc import Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import ConfigDict

from zeitgraph.kg.base.errors import ModelError
from zeitgraph.kg.models.registry import checked_folder
from zeitgraph.kg.models.safe_folder import no_remote_code
from zeitgraph.kg.models.torchvision_repair import repair_torchvision

_ROLES = {"system": "system", "human": "user", "ai": "assistant"}


class LocalChatModel(BaseChatModel):
    """A tokenizer and a model of transformers; an answer has at most `max_tokens` tokens."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    name_or_folder: str
    tokenizer: Any
    model: Any
    max_tokens: int

    @property
    def _llm_type(self) -> str:
        return "zeitgraph-local"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 -- LangChain's signature
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **_kwargs: Any,
    ) -> ChatResult:
        import torch

        ids = self.tokenizer(self._prompt(messages), return_tensors="pt")["input_ids"]
        room = getattr(self.model.config, "max_position_embeddings", ids.shape[1] + self.max_tokens)
        fresh = min(self.max_tokens, room - ids.shape[1])
        if fresh < 1:
            raise ModelError(f"the prompt has {ids.shape[1]} tokens, the model allows {room}")
        with torch.inference_mode():
            answer = self.model.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=fresh,
                do_sample=False,
                pad_token_id=self.tokenizer.eos_token_id or 0,
            )
        text = self.tokenizer.decode(answer[0, ids.shape[1] :], skip_special_tokens=True)
        cut = answer.shape[1] - ids.shape[1] >= fresh
        about = {"finish_reason": "length" if cut else "stop"}
        message = AIMessage(text, response_metadata=about)
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _prompt(self, messages: Sequence[BaseMessage]) -> str:
        """The messages in the model's chat template; joined by blank lines if it has none."""
        chat = [{"role": _ROLES[m.type], "content": str(m.text)} for m in messages]
        if self.tokenizer.chat_template:
            return str(
                self.tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
            )
        return "\n\n".join(turn["content"] for turn in chat) + "\n\n"

    def with_structured_output(
        self, schema: Any, *, include_raw: bool = False, **_kwargs: Any
    ) -> Runnable[LanguageModelInput, Any]:
        """The plain answer as `raw`; the prompt asks for the schema and the caller checks it."""
        if not include_raw:
            raise NotImplementedError("a local model gives its raw answer only")
        return self | RunnableLambda(lambda raw: {"raw": raw, "schema": schema})


def open_local_model(name: str, max_tokens: int) -> LocalChatModel:
    """The model in the folder `name`, or of that name on the hub.

    Raises `ModelError` if it cannot be loaded.
    """
    repair_torchvision()
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = checked_folder(name, "transformers")
    try:
        with no_remote_code():
            tokenizer = AutoTokenizer.from_pretrained(
                folder, trust_remote_code=False, local_files_only=True
            )
            model = AutoModelForCausalLM.from_pretrained(
                folder, use_safetensors=True, trust_remote_code=False, local_files_only=True
            )
    except (OSError, ValueError) as error:
        line = str(error).splitlines()[0]
        raise ModelError(f"the model {name} cannot be loaded: {line}") from error
    model.train(mode=False)
    return LocalChatModel(
        name_or_folder=name, tokenizer=tokenizer, model=model, max_tokens=max_tokens
    )
