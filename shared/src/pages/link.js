(()=>{const form=document.forms[0],go=()=>{if(!document.hidden&&!document.prerendering&&!sent)form.requestSubmit()};let sent=false;
form.addEventListener("submit",event=>{if(sent)event.preventDefault();sent=true});
addEventListener("pageshow",event=>{if(event.persisted)sent=false});
if(form.dataset.opens==="at-once"){document.addEventListener("prerenderingchange",go);document.addEventListener("visibilitychange",go);go()}
else addEventListener("pointermove",event=>{if(event.isTrusted&&event.pointerType==="mouse")go()})})()
