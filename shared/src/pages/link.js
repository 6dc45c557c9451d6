(()=>{const form=document.forms[0];let sent=0;
form.addEventListener("submit",event=>{if(Date.now()-sent<8000)event.preventDefault();else sent=Date.now()});
const go=()=>{if(sent||document.hidden||document.prerendering)return;sent=Date.now();form.submit()};
if(form.dataset.opens==="at-once"){document.addEventListener("prerenderingchange",go);document.addEventListener("visibilitychange",go);go()}
else addEventListener("pointermove",event=>{if(event.isTrusted&&event.pointerType==="mouse")go()})})()
